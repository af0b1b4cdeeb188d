namespace Loadline.Planning;

/// <summary>Files that an engine wants to find in its container, as a ConfigMap.</summary>
internal sealed class KubernetesFiles(ExportContext context, EngineStart start)
{
    private const string ConfigKey = "config.yaml";
    private const string ModelfileKey = "Modelfile";

    public bool Any => !start.Config.IsEmpty || start.Launch.Modelfile;

    public void AddConfigMap(YamlWriter yaml)
    {
        KubernetesManifest.AddKind(yaml, "v1", "ConfigMap", context.Label);
        using (yaml.Map("data"))
        {
            if (!start.Config.IsEmpty)
                yaml.Block(ConfigKey, EngineConfigFile.TextOf(start));
            if (start.Launch.Modelfile)
                yaml.Block(ModelfileKey, ModelfileText.TextOf(context, start));
        }
    }

    public void AddVolume(YamlWriter yaml)
    {
        if (!Any)
            return;
        using (yaml.MapItem())
        {
            yaml.Text("name", "settings");
            using (yaml.Map("configMap"))
                yaml.Text("name", context.Label);
        }
    }

    public void AddMounts(YamlWriter yaml)
    {
        if (!start.Config.IsEmpty)
            AddMount(yaml, ConfigKey, ContainerPaths.Config);
        if (start.Launch.Modelfile)
            AddMount(yaml, ModelfileKey, ContainerPaths.Modelfile);
    }

    private static void AddMount(YamlWriter yaml, string key, string path)
    {
        using (yaml.MapItem())
        {
            yaml.Text("name", "settings");
            yaml.Text("mountPath", path);
            yaml.Text("subPath", key);
        }
    }
}
