namespace Loadline.Planning;

/// <summary>Writes a plan in the form that the name of its file asks for.</summary>
public static class ReportFile
{
    /// <exception cref="BadContentException">The extension is none of those a report can have.</exception>
    public static void Check(string path)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is not (".html" or ".htm" or ".md" or ".csv"))
            throw Unknown(path);
    }

    /// <param name="plan">What is reported.</param>
    /// <param name="path">Of the file to come; only its extension is looked at.</param>
    /// <returns>The whole text of the file.</returns>
    public static string Of(Plan plan, string path) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".html" or ".htm" => ReportPage.Html(plan),
            ".md" => ReportText.Markdown(plan),
            ".csv" => ReportTable.Csv(plan),
            _ => throw Unknown(path),
        };

    private static BadContentException Unknown(string path)
    {
        var extension = Path.GetExtension(path);
        return new BadContentException(
            path,
            "",
            extension.Length == 0 ? "no extension" : $"the extension {extension}",
            ".html, .md or .csv"
        );
    }
}
