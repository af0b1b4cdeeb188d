namespace Loadline.Planning;

/// <summary>Writes a plan in the form that the name of its file asks for.</summary>
public static class ReportFile
{
    /// <param name="plan">What is reported.</param>
    /// <param name="path">Of the file to come; only its extension is looked at.</param>
    /// <returns>The whole text of the file.</returns>
    public static string Of(Plan plan, string path) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".html" or ".htm" => ReportPage.Html(plan),
            ".md" => ReportText.Markdown(plan),
            ".csv" => ReportTable.Csv(plan),
            var other => throw new BadContentException(
                path,
                "",
                other.Length == 0 ? "no extension" : $"the extension {other}",
                ".html, .md or .csv"
            ),
        };
}
