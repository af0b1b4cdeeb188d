namespace Loadline.Planning;

/// <summary>Settings that an engine takes from a YAML file only.</summary>
internal static class EngineConfigFile
{
    public static IEnumerable<ExportFile> Write(ExportContext context) =>
        context
            .Starts.Where(start => !start.Config.IsEmpty)
            .Select(start => new ExportFile(FileNames.ConfigOf(start), TextOf(start), IsExecutable: false));

    public static string TextOf(EngineStart start)
    {
        var yaml = new YamlWriter();
        yaml.Comment($"Settings of {start.EngineName} {start.Launch.Release} that have no flag.");
        foreach (var group in start.Config.GroupBy(setting => setting.Name.Split('.')[0]))
        {
            if (group.All(setting => setting.Name == group.Key))
            {
                Write(yaml, group.Key, group.First());
                continue;
            }
            using (yaml.Map(group.Key))
            {
                foreach (var setting in group)
                    Write(yaml, setting.Name[(group.Key.Length + 1)..], setting);
            }
        }
        return yaml.ToString();
    }

    private static void Write(YamlWriter yaml, string key, LaunchArgument setting)
    {
        yaml.Comment(setting.Why);
        if (setting.Value is "true" or "false")
            yaml.Flag(key, setting.Value == "true");
        else
            yaml.Text(key, setting.Value ?? "");
    }
}
