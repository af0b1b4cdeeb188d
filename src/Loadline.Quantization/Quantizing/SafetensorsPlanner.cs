using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Plans a folder of safetensors: which matrices become what, and what its configuration says of them.</summary>
internal sealed class SafetensorsPlanner
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    private readonly InputModel input;
    private readonly QuantizationRequest request;
    private readonly CompressionScheme? scheme;
    private readonly BlockFormat? plain;
    private readonly WeightRoles roles;
    private readonly ModulePatterns keep;
    private readonly List<(ModulePatterns Pattern, CompressionScheme Scheme)> layers = [];
    private readonly SortedSet<string> leftAlone = new(StringComparer.Ordinal);
    private readonly Dictionary<CompressionScheme, List<string>> targets = [];

    public SafetensorsPlanner(InputModel input, QuantizationRequest request)
    {
        this.input = input;
        this.request = request;
        plain = PlainOf(request.Format);
        scheme = plain is null ? CompressionScheme.Find(request.Format) : null;
        roles = WeightRoles.OfCheckpoint(input.Model.Architecture);
        keep = Recipes.PatternsOf("--keep", request.Keep);
        foreach (var layer in request.Layers)
            layers.Add((Recipes.PatternsOf("--layers", [layer.Pattern]), SchemeOf(layer)));
    }

    public static bool Knows(string format) =>
        PlainOf(format) is not null || CompressionScheme.Find(format) is not null;

    public QuantizationPlan Plan()
    {
        var tensors = input.Store.Tensors.Select(PlanTensor).ToList();
        var (placed, files) = SafetensorsLayoutBuilder.Place(tensors, request.Output, request.ShardBytes);
        return new QuantizationPlan
        {
            Request = request,
            Store = input.Store,
            Tensors = placed,
            Files = files,
            SideFiles = [.. SideFilesOf(placed, files)],
            Inputs = [.. input.Store.Paths],
            IsFolder = true,
            Notes = [.. NotesOf(placed)],
        };
    }

    private static BlockFormat? PlainOf(string format) =>
        format.ToLowerInvariant() switch
        {
            "bf16" => BlockFormats.Bf16,
            "fp16" => BlockFormats.Fp16,
            "fp32" => BlockFormats.Fp32,
            _ => null,
        };

    private CompressionScheme SchemeOf(LayerFormat layer)
    {
        var found = CompressionScheme.Find(layer.Format);
        if (found?.Family == SchemeFamily.CompressedTensors && scheme?.Family == SchemeFamily.CompressedTensors)
            return found;
        var names = CompressionScheme
            .All.Where(one => one.Family == SchemeFamily.CompressedTensors)
            .Select(one => one.Codec);
        throw new BadContentException(
            "--layers",
            layer.Pattern,
            $"{layer.Format} beside {request.Format}",
            $"both of {string.Join(", ", names)}, which one configuration can name"
        );
    }

    private PlannedTensor PlanTensor(StoredTensor stored)
    {
        var module = stored.Name.EndsWith(".weight", StringComparison.Ordinal) ? stored.Name[..^7] : null;
        if (plain is not null)
            return PlanPlain(stored, plain);
        var role = roles.Find(stored.Name);
        var isMatrix = module is not null && stored.Shape.Length == 2;
        if (!isMatrix || role is not { Tensor.IsQuantizable: true })
        {
            if (isMatrix && role?.Tensor.Role is not (TensorRole.TokenEmbedding or TensorRole.PositionEmbedding))
                leftAlone.Add(module!);
            return Copied(stored, Unquantized(stored, role));
        }
        var wanted = layers.Find(layer => layer.Pattern.Names(module)).Scheme ?? scheme!;
        var why = keep.Names(module) ? "kept as asked" : Misfit(stored, wanted);
        if (why is not null)
        {
            leftAlone.Add(module!);
            return Copied(stored, why);
        }
        return Quantized(stored, module!, wanted);
    }

    private static string? Misfit(StoredTensor stored, CompressionScheme wanted)
    {
        if (stored.Elements == 0)
            return "no numbers in it";
        if (!MatrixSource.CanRead(stored.Format) || !IsFloat(stored.Format))
            return $"stored as {stored.Format}";
        if (stored.Shape[1] % wanted.Group != 0)
            return $"rows of {stored.Shape[1]} do not divide into groups of {wanted.Group}";
        // Codes are kept in memory until their scales are known, and an array ends here.
        return stored.Elements > int.MaxValue ? "more than 2^31 numbers" : null;
    }

    /// <summary>Why a matrix that looks like the others is not quantized; null for what never is.</summary>
    private static string? Unquantized(StoredTensor stored, WeightRole? role) =>
        role is null && stored.Shape.Length >= 2 ? "not a tensor that the architecture lists"
        : role is { Tensor.IsQuantizable: true } ? $"a matrix of {stored.Shape.Length} dimensions"
        : null;

    private PlannedTensor Quantized(StoredTensor stored, string module, CompressionScheme wanted)
    {
        var codec =
            MatrixCodecs.Find(wanted.Codec)
            ?? throw new UnknownNameException("weight format", wanted.Codec, Recipes.Names, ambiguous: false);
        if (!targets.TryGetValue(wanted, out var modules))
            targets.Add(wanted, modules = []);
        modules.Add(module);
        var (rows, columns) = (stored.Shape[0], stored.Shape[1]);
        var parts = codec.PartsOf(rows, columns);
        return new PlannedTensor(
            stored.Name,
            codec.Name,
            new WeightEncoding.Matrix(codec),
            new MatrixSource(input.Store, [stored], rows, columns),
            [.. parts.Select(part => new OutputTensor($"{module}.{part.Suffix}", part.Format, part.Shape, part.Bytes))]
        )
        {
            BytesIn = stored.Bytes,
            Importance = Recipes.ImportanceOf(request, stored.Name, columns),
        };
    }

    private PlannedTensor PlanPlain(StoredTensor stored, BlockFormat format)
    {
        var module = stored.Name.EndsWith(".weight", StringComparison.Ordinal) ? stored.Name[..^7] : stored.Name;
        if (!IsFloat(stored.Format) || stored.Format == format)
            return Copied(stored, IsFloat(stored.Format) ? null : $"stored as {stored.Format}");
        if (keep.Names(module))
            return Copied(stored, "kept as asked");
        var (rows, columns) = PlannedTensor.RowsOf(stored.Shape, format, keepRows: false);
        return new PlannedTensor(
            stored.Name,
            format.Name,
            new WeightEncoding.Blocks(BlockCodecs.Find(format)!),
            new MatrixSource(input.Store, [stored], rows, columns),
            [new OutputTensor(stored.Name, format, stored.Shape, format.SizeOf(rows, columns).Bytes)]
        )
        {
            BytesIn = stored.Bytes,
        };
    }

    private PlannedTensor Copied(StoredTensor stored, string? note)
    {
        var source = IsFloat(stored.Format) ? new MatrixSource(input.Store, [stored], stored.Elements, 1) : null;
        return new PlannedTensor(
            stored.Name,
            stored.Format.Name,
            new WeightEncoding.Copy(stored),
            source,
            [new OutputTensor(stored.Name, stored.Format, stored.Shape, stored.Bytes)]
        )
        {
            BytesIn = stored.Bytes,
            Note = note,
        };
    }

    private static bool IsFloat(BlockFormat format) => format.Name is "fp64" or "fp32" or "fp16" or "bf16";

    private IEnumerable<SideFile> SideFilesOf(ImmutableArray<PlannedTensor> tensors, ImmutableArray<PlannedFile> files)
    {
        foreach (var file in CompanionFiles.In(input.Folder))
            yield return new SideFile(Path.Combine(request.Output, Path.GetFileName(file)), Text: null, file);
        if (files.Length > 1)
            yield return new SideFile(Path.Combine(request.Output, $"model{ModelFiles.IndexEnding}"), Index(), null);
        yield return new SideFile(Path.Combine(request.Output, ModelFiles.ConfigName), Config(), null);

        string Index()
        {
            var map = new JsonObject();
            foreach (var tensor in tensors)
            {
                for (var i = 0; i < tensor.Parts.Length; i++)
                    map[tensor.Parts[i].Name] = Path.GetFileName(files[tensor.Places[i].File].Path);
            }
            var total = tensors.Sum(tensor => tensor.BytesOut);
            var index = new JsonObject
            {
                ["metadata"] = new JsonObject { ["total_size"] = total },
                ["weight_map"] = map,
            };
            return Print(index);
        }
    }

    private string Config()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(input.ConfigPath));
        var config = JsonObject.Create(document.RootElement.Clone())!;
        if (plain is not null)
            SetType(
                config,
                plain.Name switch
                {
                    "fp16" => "float16",
                    "fp32" => "float32",
                    _ => "bfloat16",
                }
            );
        else
            config["quantization_config"] = QuantizationConfig();
        return Print(config);
    }

    private static void SetType(JsonObject config, string type)
    {
        foreach (var key in (string[])["dtype", "torch_dtype"])
        {
            if (config.ContainsKey(key))
                config[key] = type;
        }
        if (config["text_config"] is JsonObject text)
            SetType(text, type);
    }

    private JsonObject QuantizationConfig()
    {
        // A tied head is in no file, and engines ask for it all the same.
        if (input.Model.Architecture.Tensors.Tensors.Any(tensor => tensor.Role == TensorRole.Head))
            leftAlone.Add("lm_head");
        return scheme!.Family switch
        {
            SchemeFamily.Fp8Blocks => CompressionScheme.Fp8Blocks(leftAlone),
            SchemeFamily.BitsAndBytes => CompressionScheme.BitsAndBytes(
                leftAlone,
                input.Model.Architecture.DataType == BlockFormats.Fp16 ? "float16" : "bfloat16"
            ),
            _ => CompressedTensors(),
        };
    }

    private JsonObject CompressedTensors()
    {
        var groups = new JsonObject();
        // Groups that name their modules come first: the first that fits decides.
        foreach (var (other, modules) in targets.Where(pair => pair.Key != scheme))
            groups[$"group_{groups.Count}"] = other.ToGroup(modules);
        groups[$"group_{groups.Count}"] = scheme!.ToGroup(["Linear"]);
        var formats = targets.Keys.Append(scheme).Select(one => one.Format).Distinct().ToList();
        return new JsonObject
        {
            ["quant_method"] = "compressed-tensors",
            ["format"] = formats.Count == 1 ? formats[0] : "mixed-precision",
            ["quantization_status"] = "compressed",
            ["global_compression_ratio"] = null,
            ["kv_cache_scheme"] = null,
            ["config_groups"] = groups,
            ["ignore"] = CompressionScheme.Names(leftAlone),
        };
    }

    private static IEnumerable<string> NotesOf(ImmutableArray<PlannedTensor> tensors)
    {
        foreach (var group in tensors.Where(tensor => tensor.Note is not null).GroupBy(tensor => tensor.Note!))
            yield return Recipes.LeftAlone(group.Key, [.. group.Select(tensor => tensor.Name)]);
    }

    private static string Print(JsonObject node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
            node.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }
}
