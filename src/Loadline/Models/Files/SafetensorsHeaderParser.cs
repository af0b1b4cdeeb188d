using System.Collections.Immutable;
using System.Text.Json;

namespace Loadline.Models;

/// <summary>Reads the JSON of a safetensors header token by token: the largest have 50,000 tensors in 6 MB.</summary>
internal ref struct SafetensorsHeaderParser
{
    /// <summary>The header, a tensor, its shape; nothing sound is nested deeper.</summary>
    private const int Depth = 4;

    /// <summary>The frameworks' own limit is 64 dimensions.</summary>
    private const int MostDimensions = 64;

    private const int HeaderStart = 8;

    private readonly string file;
    private readonly long dataBytes;
    private readonly ImmutableArray<StoredTensor>.Builder tensors = ImmutableArray.CreateBuilder<StoredTensor>();
    private readonly ImmutableArray<long>.Builder offsets = ImmutableArray.CreateBuilder<long>();
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly ShapePool shapes = new();
    private Utf8JsonReader reader;

    public SafetensorsHeaderParser(ReadOnlySpan<byte> json, long dataBytes, string file)
    {
        this.file = file;
        this.dataBytes = dataBytes;
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Depth });
    }

    public SafetensorsHeader Parse(long dataStart)
    {
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                ReadEntry();
            // Only padding may follow; anything else makes the reader throw.
            reader.Read();
        }
        catch (JsonException exception)
        {
            throw Bad(JsonFile.Problem(exception), "well-formed JSON");
        }
        SafetensorsLayout.Check(tensors, offsets, dataBytes, file);
        return new SafetensorsHeader(tensors.ToImmutable(), offsets.ToImmutable(), dataStart);
    }

    private void ReadEntry()
    {
        var name = Text();
        if (!names.Add(name))
            throw Bad($"tensor {FileText.Quote(name)} for the second time", "each name once");

        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Bad($"{FileText.Quote(name)} that is not an object", "an object");
        if (name == "__metadata__")
            SkipMetadata();
        else
            ReadTensor(name);
    }

    private void SkipMetadata()
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!keys.Add(Text()))
                throw Bad("a key of __metadata__ for the second time", "each key once");
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Bad("a value of __metadata__ that is not a string", "text");
        }
    }

    private void ReadTensor(string name)
    {
        BlockFormat? format = null;
        ImmutableArray<long> shape = default;
        long begin = -1;
        long end = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Comparing a name with half a surrogate pair throws the wrong exception, reading it the right one.
            if (reader.ValueIsEscaped)
                _ = Text();
            if (reader.ValueTextEquals("dtype"u8))
                format = ReadType(name, format);
            else if (reader.ValueTextEquals("shape"u8))
                shape = ReadShape(name, shape);
            else if (reader.ValueTextEquals("data_offsets"u8))
                (begin, end) = ReadOffsets(name, begin);
            else
                reader.Skip();
        }
        if (format is null || shape.IsDefault || begin < 0)
        {
            var missing =
                format is null ? "dtype"
                : shape.IsDefault ? "shape"
                : "data_offsets";
            throw Bad(name, $"no {missing}", "dtype, shape and data_offsets");
        }
        Add(new StoredTensor(name, format, shape, end - begin), begin);
    }

    private readonly void Add(StoredTensor tensor, long begin)
    {
        if (BitsOf(tensor) != (UInt128)tensor.Bytes * 8)
        {
            var shape = string.Join(" x ", tensor.Shape.Take(8));
            var found = $"data_offsets of {tensor.Bytes} bytes";
            throw Bad(tensor.Name, found, $"the size of {shape} in {tensor.Format}");
        }
        tensors.Add(tensor);
        offsets.Add(begin);
    }

    /// <summary>Packed formats are packed over the whole tensor, not row by row.</summary>
    private readonly UInt128 BitsOf(StoredTensor tensor)
    {
        var isEmpty = false;
        UInt128 elements = 1;
        foreach (var dimension in tensor.Shape)
        {
            if (dimension == 0)
                isEmpty = true;
            else
                elements *= (ulong)dimension;
            // An empty tensor gets no bytes from its other dimensions, but they must still be countable.
            if (elements > long.MaxValue)
                throw Bad(tensor.Name, "a shape of more than 2^63 elements", "a shape that fits the file");
        }
        return isEmpty ? 0 : elements * (uint)(8 * tensor.Format.BlockBytes) / (uint)tensor.Format.BlockLength;
    }

    private BlockFormat ReadType(string name, BlockFormat? earlier)
    {
        if (earlier is not null)
            throw Bad(name, "dtype for the second time", "each field once");
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
            throw Bad(name, "a dtype that is not a string", SafetensorsTypes.Known);
        if (!reader.ValueIsEscaped && SafetensorsTypes.Find(reader.ValueSpan) is { } format)
            return format;
        throw Bad(name, $"dtype {FileText.Quote(Text())}", SafetensorsTypes.Known);
    }

    private ImmutableArray<long> ReadShape(string name, ImmutableArray<long> earlier)
    {
        if (!earlier.IsDefault)
            throw Bad(name, "shape for the second time", "each field once");
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Bad(name, "a shape that is not an array", "an array of sizes");

        Span<long> dimensions = stackalloc long[MostDimensions];
        var rank = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (rank == MostDimensions)
                throw Bad(name, $"a shape of more than {MostDimensions} dimensions", $"at most {MostDimensions}");
            dimensions[rank++] = ReadSize(name, "shape");
        }
        return shapes.Get(dimensions[..rank]);
    }

    private (long Begin, long End) ReadOffsets(string name, long earlier)
    {
        const string Expected = "[begin, end] inside the data";
        if (earlier >= 0)
            throw Bad(name, "data_offsets for the second time", "each field once");
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Bad(name, "data_offsets that are not an array", Expected);

        Span<long> pair = stackalloc long[2];
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == 2)
                throw Bad(name, "data_offsets of more than two numbers", Expected);
            pair[count++] = ReadSize(name, "data_offsets");
        }
        if (count < 2)
            throw Bad(name, $"data_offsets of {count} numbers", Expected);
        if (pair[0] > pair[1])
            throw Bad(name, $"data_offsets from {pair[0]} back to {pair[1]}", Expected);
        if (pair[1] > dataBytes)
            throw Bad(name, $"data_offsets up to {pair[1]}", $"at most {dataBytes}, the bytes after the header");
        return (pair[0], pair[1]);
    }

    private readonly long ReadSize(string name, string field)
    {
        // TryGetInt64 throws on anything but a number.
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var size) && size >= 0)
            return size;
        throw Bad(name, $"{field} with {FoundToken()}", "whole numbers from 0 to 2^63 - 1");
    }

    private readonly string FoundToken() =>
        reader.TokenType == JsonTokenType.Number
            ? System.Text.Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 40)])
            : reader.TokenType.ToString();

    private readonly string Text()
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // An escape such as \ud800 stands for no character.
            throw Bad("a string with half a surrogate pair", "valid UTF-16 escapes");
        }
    }

    private readonly BadContentException Bad(string found, string expected) =>
        new(file, $"byte {HeaderStart + reader.TokenStartIndex}", found, expected);

    private readonly BadContentException Bad(string tensor, string found, string expected) =>
        new(file, $"byte {HeaderStart + reader.TokenStartIndex}, tensor {FileText.Quote(tensor)}", found, expected);
}
