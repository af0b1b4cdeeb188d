using System.CommandLine;
using System.Globalization;
using Loadline.Quantization;

namespace Loadline.Cli.Commands;

/// <summary>What <c>quantize</c> may be told beside model, recipe and output.</summary>
internal sealed class QuantizeOptions
{
    private const int MostThreads = 1024;

    private readonly Option<string?> to = new("--to")
    {
        Description =
            "Recipe: fp8, int8, int4, nf4, mxfp4, nvfp4, bf16 or fp16 for safetensors; Q4_K_M, Q8_0, F16 and others for GGUF",
        HelpName = "FORMAT",
    };

    private readonly Option<string?> output = new("--output")
    {
        Description = "Folder to write into, or a .gguf file",
        HelpName = "DIR",
    };

    private readonly Option<string[]> keep = new("--keep")
    {
        Description = "Leave modules as they are: a name, a wildcard or re:EXPRESSION; may be repeated",
        HelpName = "PATTERN",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> layers = new("--layers")
    {
        Description = "Other formats for some modules: \"ffn_down=Q6_K,attn_v=Q8_0\"",
        HelpName = "LIST",
    };

    private readonly Option<bool> resume = new("--resume") { Description = "Go on with an interrupted run" };

    private readonly Option<int?> threads = new("--threads")
    {
        Description = "Threads to work with (default: one for every processor)",
        HelpName = "N",
    };

    private readonly Option<string?> shardSize = new("--shard-size")
    {
        Description = "Largest .safetensors file, such as 5GB or 4GiB (default: 5GB)",
        HelpName = "SIZE",
    };

    private readonly Option<bool> overwrite = new("--overwrite") { Description = "Replace what is at the output" };

    private readonly Option<bool> dryRun = new("--dry-run")
    {
        Description = "Say what would be written, and write nothing",
    };

    private readonly Option<bool> tensors = new("--tensors")
    {
        Description = "Show every tensor, not only the formats",
    };

    public void AddTo(Command command)
    {
        foreach (
            var option in (Option[])[to, output, keep, layers, resume, threads, shardSize, overwrite, dryRun, tensors]
        )
            command.Options.Add(option);
    }

    public bool IsDryRun(ParseResult parsed) => parsed.GetValue(dryRun);

    public bool ShowsTensors(ParseResult parsed) => parsed.GetValue(tensors);

    public int ThreadsOf(ParseResult parsed)
    {
        var count = parsed.GetValue(threads) ?? Environment.ProcessorCount;
        return count is >= 1 and <= MostThreads
            ? count
            : throw new BadContentException("--threads", "", $"{count}", $"a number from 1 to {MostThreads}");
    }

    /// <summary>Where formats that are compared are written; null where none is kept.</summary>
    public string? FolderOf(ParseResult parsed)
    {
        if (parsed.GetValue(to) is not null)
            throw new BadContentException("--to", "", "with --compare or --truncate-mantissa", "one of them");
        return parsed.GetValue(output);
    }

    public QuantizationRequest Read(ParseResult parsed, string model)
    {
        var format = parsed.GetValue(to) ?? throw new BadContentException("--to", "", "missing", "a format to write");
        var place =
            parsed.GetValue(output) ?? throw new BadContentException("--output", "", "missing", "a folder or a file");
        var request = new QuantizationRequest(model, format, place);
        if (parsed.GetValue(resume) && parsed.GetValue(overwrite))
            throw new BadContentException("--resume", "", "with --overwrite", "one of the two");
        return request with
        {
            Keep = parsed.GetValue(keep) ?? [],
            Layers = [.. LayersOf(parsed.GetValue(layers))],
            Resume = parsed.GetValue(resume),
            Overwrite = parsed.GetValue(overwrite),
            Threads = ThreadsOf(parsed),
            ShardBytes = ShardBytesOf(parsed.GetValue(shardSize)),
        };
    }

    private static IEnumerable<LayerFormat> LayersOf(string? text)
    {
        foreach (
            var entry in text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []
        )
        {
            var equals = entry.LastIndexOf('=');
            if (equals <= 0 || equals == entry.Length - 1)
                throw new BadContentException("--layers", "", $"\"{entry}\"", "PATTERN=FORMAT");
            yield return new LayerFormat(entry[..equals].Trim(), entry[(equals + 1)..].Trim());
        }
    }

    private static long ShardBytesOf(string? text)
    {
        if (text is null)
            return QuantizationRequest.DefaultShardBytes;
        (string Unit, double Bytes)[] units = [("GiB", 1L << 30), ("MiB", 1L << 20), ("GB", 1e9), ("MB", 1e6)];
        foreach (var (unit, bytes) in units)
        {
            if (
                text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(
                    text[..^unit.Length],
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out var value
                )
                && value * bytes is >= 1e6 and < 1e15
            )
                return (long)(value * bytes);
        }
        throw new BadContentException("--shard-size", "", $"\"{text}\"", "a size from 1MB on, with MB, MiB, GB or GiB");
    }
}
