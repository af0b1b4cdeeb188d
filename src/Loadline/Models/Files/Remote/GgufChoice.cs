namespace Loadline.Models;

/// <summary>Picks one model among the GGUF files of a repository, which often has a dozen quantizations of one.</summary>
internal static class GgufChoice
{
    private const int Shown = 6;

    /// <param name="reference">Names a file, a quantization, or neither when there is only one model.</param>
    /// <param name="files">Paths inside the repository; files of other kinds are passed over.</param>
    /// <returns>The file, or the first of its parts; null when no GGUF model is called so.</returns>
    /// <exception cref="BadContentException">Several are.</exception>
    public static string? Find(HubReference reference, IEnumerable<string> files)
    {
        var models = ModelsAmong(files);
        var wanted = reference.File;
        if (wanted is not null && models.Contains(wanted, StringComparer.Ordinal))
            return wanted;
        var found = wanted is null ? models : models.Where(file => IsCalled(file, wanted)).ToList();
        if (found.Count <= 1)
            return found.FirstOrDefault();

        var suggestion = $"{reference.Id}:{SuggestionFor(found[0])}";
        var several = $"{found.Count} GGUF models: {Listed(found)}";
        throw new BadContentException($"{reference}", "", several, $"the name of one, as in {suggestion}");
    }

    /// <summary>Says what there is instead of the file that was asked for.</summary>
    public static BadContentException Missing(HubReference reference, IEnumerable<string> files)
    {
        var models = ModelsAmong(files);
        var what = models.Count == 0 ? "no GGUF model at all" : $"only {Listed(models)}";
        return new BadContentException(
            $"{reference}",
            "",
            $"{reference.Id} has {what}",
            FileText.Quote(reference.File!)
        );
    }

    private static List<string> ModelsAmong(IEnumerable<string> files) =>
        files.Where(IsModel).Order(StringComparer.Ordinal).ToList();

    private static string Listed(List<string> models) =>
        string.Join(", ", models.Take(Shown).Select(Path.GetFileName)) + (models.Count > Shown ? ", ..." : "");

    private static bool IsModel(string file) =>
        file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
        && !GgufFile.IsLaterPart(file)
        && !ModelFiles.IsProjector(file);

    /// <summary>By the name of the file, or by the words it ends with: <c>x-Q4_K_M.gguf</c> is called Q4_K_M.</summary>
    private static bool IsCalled(string file, string wanted)
    {
        var name = Path.GetFileName(file);
        if (name.Equals(wanted, StringComparison.Ordinal))
            return true;
        var stem = GgufFile.StemOf(name);
        if (!stem.EndsWith(wanted, StringComparison.OrdinalIgnoreCase))
            return false;
        // IQ4_XS ends with Q4_XS, but is something else.
        var before = stem.Length - wanted.Length - 1;
        return before < 0 || stem[before] is '-' or '.' or '_';
    }

    private static string SuggestionFor(string file)
    {
        var stem = GgufFile.StemOf(Path.GetFileName(file));
        return stem[(stem.LastIndexOfAny(['-', '.']) + 1)..];
    }
}
