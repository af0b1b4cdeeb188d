using System.Text;
using System.Text.RegularExpressions;

namespace Loadline.Planning;

/// <summary>The Modelfile of engines that are told of a model by one.</summary>
internal static partial class ModelfileText
{
    public static IEnumerable<ExportFile> Write(ExportContext context) =>
        context
            .Starts.Where(start => start.Launch.Modelfile)
            .Take(1)
            .Select(start => new ExportFile(FileNames.Modelfile, TextOf(context, start), IsExecutable: false));

    public static string TextOf(ExportContext context, EngineStart start)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(PlainText.OneLine($"{context.Setup.Model} for {start.EngineName}")).Append('\n');
        if (start.Model is { Source: WeightSource.GgufRepository, Value: var value } && HubReference().IsMatch(value))
        {
            text.Append("FROM hf.co/").Append(value).Append('\n');
        }
        else
        {
            text.Append("# Put ").Append(start.Model.Needs ?? "the GGUF file").Append(".\n");
            text.Append("FROM ./model.gguf\n");
        }
        text.Append("PARAMETER num_ctx ").Append(PlainText.Number(context.Setup.ContextTokens)).Append('\n');
        return text.ToString();
    }

    /// <summary>Nothing but an id and a type may stand in an instruction, which ends with its line.</summary>
    [GeneratedRegex(@"\A[A-Za-z0-9._-]+/[A-Za-z0-9._-]+:[A-Za-z0-9._-]+\z")]
    private static partial Regex HubReference();
}
