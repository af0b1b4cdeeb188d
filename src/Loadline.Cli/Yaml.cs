using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Loadline.Cli;

/// <summary>Turns YAML into the JSON nodes that scenarios are read from, event by event and without reflection.</summary>
internal static class Yaml
{
    /// <summary>Deeper nesting is no scenario; it would only exhaust the stack.</summary>
    private const int DeepestNesting = 32;

    /// <exception cref="BadContentException">Not YAML, several documents, a repeated key, an alias or deep nesting.</exception>
    public static JsonNode? Read(string file, TextReader text)
    {
        try
        {
            var parser = new Parser(text);
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
                throw new BadContentException(file, "line 1", "nothing", "a scenario");
            var node = ReadNode(file, parser, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Current is DocumentStart second)
                throw new BadContentException(file, Place(second), "a second document", "one scenario");
            return node;
        }
        catch (YamlException exception)
        {
            throw new BadContentException(file, Place(exception.Start), exception.Message, "YAML");
        }
        catch (ArgumentOutOfRangeException)
        {
            // An escape such as "\ud800\u0041" stands for no character.
            throw new BadContentException(file, "", "half a surrogate pair", "YAML");
        }
        catch (InvalidOperationException)
        {
            // The scanner loses count of its own brackets and keys on some malformed files.
            throw new BadContentException(file, "", "brackets, keys or indents that do not match", "YAML");
        }
    }

    private static JsonNode? ReadNode(string file, Parser parser, int depth)
    {
        var current = parser.Current!;
        if (depth > DeepestNesting)
            throw new BadContentException(file, Place(current), "nesting of more than 32 levels", "a scenario");
        switch (current)
        {
            case Scalar scalar:
                parser.MoveNext();
                return ReadScalar(scalar);
            case SequenceStart:
                return ReadSequence(file, parser, depth);
            case MappingStart:
                return ReadMapping(file, parser, depth);
            default:
                throw new BadContentException(file, Place(current), "an alias", "a value written out");
        }
    }

    private static JsonArray ReadSequence(string file, Parser parser, int depth)
    {
        parser.Consume<SequenceStart>();
        var array = new JsonArray();
        while (!parser.TryConsume<SequenceEnd>(out _))
            array.Add(ReadNode(file, parser, depth + 1));
        return array;
    }

    private static JsonObject ReadMapping(string file, Parser parser, int depth)
    {
        parser.Consume<MappingStart>();
        var mapping = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (parser.Current is not Scalar key)
                throw new BadContentException(file, Place(parser.Current!), "a key that is no word", "a field name");
            parser.MoveNext();
            if (!mapping.TryAdd(key.Value, ReadNode(file, parser, depth + 1)))
                throw new BadContentException(file, Place(key), $"\"{key.Value}\" a second time", "each field once");
        }
        return mapping;
    }

    /// <summary>Plain scalars are null, true, false or a number where they read as one; quoted ones are text.</summary>
    private static JsonValue? ReadScalar(Scalar scalar)
    {
        if (scalar.Style != ScalarStyle.Plain)
            return JsonValue.Create(scalar.Value);
        return scalar.Value switch
        {
            "" or "null" or "~" => null,
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            var text
                when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                    && double.IsFinite(number) => JsonValue.Create(number),
            var text => JsonValue.Create(text),
        };
    }

    private static string Place(ParsingEvent parsed) => Place(parsed.Start);

    private static string Place(Mark mark) => $"line {mark.Line}, column {mark.Column}";
}
