using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Plans a GGUF file from a checkpoint of safetensors or from another GGUF file.</summary>
internal sealed class GgufPlanner
{
    private const uint QuantizationVersion = 2;

    private readonly InputModel input;
    private readonly QuantizationRequest request;
    private readonly GgufMix mix;
    private readonly ModulePatterns keep;
    private readonly List<(ModulePatterns Pattern, BlockFormat Format)> layers = [];
    private readonly List<string> notes = [];

    public GgufPlanner(InputModel input, QuantizationRequest request)
    {
        this.input = input;
        this.request = request;
        mix = GgufMix.Find(Recipes.MixName(request.Format), input.Model.Architecture)!;
        keep = Recipes.PatternsOf("--keep", request.Keep);
        foreach (var layer in request.Layers)
            layers.Add((Recipes.PatternsOf("--layers", [layer.Pattern]), FormatOf(layer)));
    }

    public QuantizationPlan Plan()
    {
        var header = new GgufHeaderBuilder();
        var tensors = input.IsGguf ? OfGguf(header) : OfCheckpoint(header);
        var (bytes, positions, length) = header.Build(tensors.ConvertAll(tensor => tensor.Parts[0]));
        var places = tensors.Select((tensor, i) => tensor with { Places = [new OutputPlace(0, positions[i])] });
        return new QuantizationPlan
        {
            Request = request,
            Store = input.Store,
            Tensors = [.. places],
            Files = [new PlannedFile(OutputPath(), bytes, length)],
            Inputs = [.. input.Store.Paths],
            IsFolder = false,
            Notes = [.. notes, .. NotesOf(tensors)],
        };
    }

    private static BlockFormat FormatOf(LayerFormat layer) =>
        BlockFormats.ByName.TryGetValue(
            GgufMix.IsName(layer.Format) ? PlainName(layer.Format) : layer.Format,
            out var found
        ) && CanWrite(found)
            ? found
            : throw new UnknownNameException(
                "tensor format",
                layer.Format,
                [.. BlockCodecs.Writable],
                ambiguous: false
            );

    /// <summary>llama.cpp writes plain types in capitals.</summary>
    private static string PlainName(string format) =>
        format.ToUpperInvariant() switch
        {
            "F32" => "fp32",
            "F16" => "fp16",
            "BF16" => "bf16",
            _ => format,
        };

    private static bool CanWrite(BlockFormat format) =>
        GgufTensorTypes.Has(format) && BlockCodecs.Find(format) is { CanEncode: true };

    private List<PlannedTensor> OfGguf(GgufHeaderBuilder header)
    {
        var store = (GgufStore)input.Store;
        var first = store.Paths.First();
        foreach (var (key, value) in RawGgufMetadata.Read(first, GgufHeader.Read(first).DataStart))
        {
            if (key is "general.file_type" or "general.quantization_version" or "general.alignment")
                continue;
            if (!key.StartsWith("split.", StringComparison.Ordinal))
                header.AddRaw(key, value.Span);
        }
        AddFormat(header);
        var roles = WeightRoles.OfGguf(input.Model.Architecture);
        return [.. store.Tensors.Select(tensor => OfGguf(tensor, roles.Find(tensor.Name)))];
    }

    private PlannedTensor OfGguf(StoredTensor stored, WeightRole? role)
    {
        if (role is not { } known)
            return Copied(stored, stored.Shape.Length >= 2 ? "not a tensor that the architecture lists" : null);
        var (format, note) = Choose(known, stored.Name, known.Tensor.Name, stored.Format, stored.Shape);
        if (format == stored.Format)
            return Copied(stored, note);
        if (stored.Format.BlockLength > 1)
            note ??= $"rounded again from {stored.Format}";
        return Encoded(stored.Name, [stored], stored.Shape, format, note, order: null);
    }

    private List<PlannedTensor> OfCheckpoint(GgufHeaderBuilder header)
    {
        var config = ConfigFile.Read(input.ConfigPath);
        var target = GgufTarget.Of(config);
        header.Add("general.architecture", target.Name);
        header.Add("general.type", "model");
        header.Add("general.name", ModelName());
        AddFormat(header);
        target.AddKeys(header, config, input.Model.Architecture);
        notes.AddRange(GgufTokenizer.Add(header, input.Folder, config, input.Model.Architecture.VocabularySize));
        var tensors = new GgufTensorNames(input, target).List();
        var planned = tensors.ConvertAll(tensor =>
        {
            var (format, note) = Choose(
                tensor.Role,
                tensor.Name,
                tensor.Pieces[0].Name,
                tensor.Pieces[0].Format,
                tensor.Shape
            );
            return Encoded(tensor.Name, tensor.Pieces, tensor.Shape, format, note, tensor.RowOrder);
        });
        var head = input.Model.Architecture.Layers.OfType<Mixer.Attention>().First().HeadSize;
        if (GgufRope.Of(config).Divisors(head) is { } divisors)
            planned.Add(Given("rope_freqs.weight", divisors));
        return planned;
    }

    private void AddFormat(GgufHeaderBuilder header)
    {
        header.Add("general.quantization_version", QuantizationVersion);
        if (GgufFileTypes.NumberOf(mix.Name) is { } number)
            header.Add("general.file_type", (uint)number);
    }

    /// <summary>The format of a tensor, and why it is another than the recipe's.</summary>
    private (BlockFormat Format, string? Note) Choose(
        WeightRole role,
        string ggufName,
        string checkpointName,
        BlockFormat stored,
        ImmutableArray<long> shape
    )
    {
        bool Names(ModulePatterns patterns) =>
            patterns.Names(ModuleOf(ggufName)) || patterns.Names(ModuleOf(checkpointName));

        var wanted = mix.WantedIn(role.Tensor, role.Layer);
        if (shape.Length < 2 || role.Tensor.Shape.Length < 2)
            return (BlockFormats.Fp32, null);
        if (Names(keep) && GgufTensorTypes.Has(stored))
            return (stored, "kept as asked");
        if (layers.Find(layer => Names(layer.Pattern)) is { Pattern: not null } own)
            wanted = own.Format;
        if (!CanWrite(wanted))
            throw new BadContentException(
                "--to",
                request.Format,
                $"{ggufName} as {wanted}, which Loadline only reads",
                $"formats among {string.Join(", ", BlockCodecs.Writable.Where(name => GgufTensorTypes.Has(BlockFormats.ByName[name])))}"
            );
        return Fitted(wanted, shape[^1]);
    }

    /// <summary>What llama.cpp takes for rows that do not fit, or what comes next above it that can be written.</summary>
    private static (BlockFormat Format, string? Note) Fitted(BlockFormat wanted, long columns)
    {
        var fitted = GgufMix.Fitted(wanted, columns);
        if (fitted == wanted)
            return (wanted, null);
        var why = $"rows of {columns} do not divide into blocks of {wanted.BlockLength}";
        if (CanWrite(fitted))
            return (fitted, why);
        var next = columns % BlockFormats.Q8_0.BlockLength == 0 ? BlockFormats.Q8_0 : BlockFormats.Fp16;
        return (next, $"{why}; {next} for {fitted}, which Loadline only reads");
    }

    private PlannedTensor Encoded(
        string name,
        ImmutableArray<StoredTensor> pieces,
        ImmutableArray<long> shape,
        BlockFormat format,
        string? note,
        Func<long, long>? order
    )
    {
        if (pieces.Length == 1 && pieces[0].Format == format && order is null)
            return Copied(pieces[0], note) with { Name = name, Parts = [Part(name, format, shape)] };
        // A quantized row cannot be read number by number.
        var keepRows = order is not null || pieces[0].Format.BlockLength > 1;
        var (rows, columns) = PlannedTensor.RowsOf(shape, format, keepRows);
        if (order is not null && shape.Length == 1)
            (rows, columns) = (shape[0], 1);
        if (columns > Array.MaxLength / sizeof(float))
            throw new BadContentException(input.Path, name, $"rows of {columns} numbers", "rows that fit in memory");
        return new PlannedTensor(
            name,
            format.Name,
            new WeightEncoding.Blocks(BlockCodecs.Find(format)!),
            new MatrixSource(input.Store, pieces, rows, columns) { RowOrder = order },
            [Part(name, format, shape)]
        )
        {
            BytesIn = pieces.Sum(piece => piece.Bytes),
            Note = note,
            Importance = format.BlockLength > 1 ? Recipes.ImportanceOf(request, pieces[0].Name, columns) : [],
        };
    }

    private PlannedTensor Copied(StoredTensor stored, string? note) =>
        new(
            stored.Name,
            stored.Format.Name,
            new WeightEncoding.Copy(stored),
            MatrixSource.CanRead(stored.Format) ? new MatrixSource(input.Store, [stored], 1, 1) : null,
            [Part(stored.Name, stored.Format, stored.Shape)]
        )
        {
            BytesIn = stored.Bytes,
            Note = note,
        };

    private static PlannedTensor Given(string name, float[] numbers) =>
        new(
            name,
            BlockFormats.Fp32.Name,
            new WeightEncoding.Given(MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray()),
            Source: null,
            [Part(name, BlockFormats.Fp32, [numbers.Length])]
        )
        {
            BytesIn = 0,
        };

    private static OutputTensor Part(string name, BlockFormat format, ImmutableArray<long> shape) =>
        new(name, format, shape, format.SizeOf(shape).Bytes);

    private static string ModuleOf(string name) =>
        name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;

    private string OutputPath() =>
        request.Output.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(request.Output)
            ? request.Output
            : Path.Combine(
                request.Output,
                string.Create(CultureInfo.InvariantCulture, $"{ModelName()}-{mix.Name}.gguf")
            );

    private string ModelName()
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(input.Path));
        if (input.IsGguf)
            return GgufFile.StemOf(Path.GetFileName(input.Store.Paths.First()));
        return Directory.Exists(path)
            ? Path.GetFileName(path)
            : Path.GetFileName(Path.GetDirectoryName(path)) ?? "model";
    }

    private static IEnumerable<string> NotesOf(List<PlannedTensor> tensors) =>
        tensors
            .Where(tensor => tensor.Note is not null)
            .GroupBy(tensor => tensor.Note!)
            .Select(group => Recipes.LeftAlone(group.Key, [.. group.Select(tensor => tensor.Name)]));
}
