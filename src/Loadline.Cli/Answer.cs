using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Loadline.Cli.Rendering;

namespace Loadline.Cli;

/// <summary>Prints an answer as a table for people or as one JSON document, to standard output or into a file.</summary>
internal sealed class Answer(string outputOption = "--output")
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Option<bool> json = new("--json") { Description = "Print one JSON document instead of tables" };

    private readonly Option<string?> output = new(outputOption)
    {
        Description = "Write what would be printed into a file",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(json);
        command.Options.Add(output);
    }

    public void Print<T>(
        ParseResult parsed,
        Surroundings surroundings,
        T answer,
        JsonTypeInfo<T> type,
        Action<Page, T> render
    )
    {
        if (parsed.GetValue(output) is { } name && string.IsNullOrWhiteSpace(name))
            throw new BadContentException(output.Name, "", "an empty name", "a file");
        var text = parsed.GetValue(json)
            ? ToJson(answer, type)
            : ToText(surroundings, parsed.GetValue(output), answer, render);
        if (parsed.GetValue(output) is { } file)
            Write(file, writer => writer.Write(text));
        else
            surroundings.Out.Write(text);
    }

    private static string ToJson<T>(T answer, JsonTypeInfo<T> type) => JsonSerializer.Serialize(answer, type) + "\n";

    private static string ToText<T>(Surroundings surroundings, string? file, T answer, Action<Page, T> render)
    {
        var writer = new StringWriter { NewLine = "\n" };
        var isPlain =
            file is not null
            || !surroundings.IsTerminal
            || surroundings.Variable("NO_COLOR") is { Length: > 0 }
            || surroundings.Variable("TERM") is "dumb";
        render(new Page(writer, surroundings.Width, isPlain), answer);
        return writer.ToString();
    }

    /// <summary>Writes a file that appears complete or not at all.</summary>
    public static void Write(string file, Action<TextWriter> write)
    {
        if (Directory.Exists(file))
            throw new IOException($"{file}: is a directory; expected a file");
        try
        {
            if (!WriteInPlace(file, write))
                WriteWhole(TargetOf(file), write);
        }
        catch (DirectoryNotFoundException)
        {
            throw new DirectoryNotFoundException($"{file}: its directory does not exist");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{file}: cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>What a link leads to, so that writing replaces it and not the link.</summary>
    private static string TargetOf(string file) =>
        File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file : file;

    /// <summary>Devices and pipes are written to: replacing one by a file would take it from everybody.</summary>
    private static bool WriteInPlace(string file, Action<TextWriter> write)
    {
        if (!File.Exists(file) || new FileInfo(file).Length > 0)
            return false;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        if (stream.CanSeek && !Path.GetFullPath(file).StartsWith("/dev/", StringComparison.Ordinal))
            return false;
        using var writer = new StreamWriter(stream, Utf8) { NewLine = "\n" };
        write(writer);
        return true;
    }

    /// <summary>The file appears complete or not at all.</summary>
    private static void WriteWhole(string file, Action<TextWriter> write)
    {
        var temporary = $"{file}.{Environment.ProcessId}.tmp";
        try
        {
            using (var writer = new StreamWriter(temporary, append: false, Utf8) { NewLine = "\n" })
                write(writer);
            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
