using Parquet;
using Parquet.Schema;

namespace Loadline.KernelFit;

/// <summary>One Parquet file of measured latencies: text and number columns, row by row.</summary>
internal sealed class KernelTable
{
    private readonly Dictionary<string, string?[]> texts = [];
    private readonly Dictionary<string, double[]> numbers = [];

    private KernelTable(string system, string engine)
    {
        System = system;
        Engine = engine;
    }

    /// <summary>Folder name of the hardware: <c>h100_sxm</c>.</summary>
    public string System { get; }

    /// <summary>Folder name of the engine without its version: <c>trtllm</c>.</summary>
    public string Engine { get; }

    public int Count { get; private set; }

    /// <summary>All files of that name, as <c>SYSTEM/OPERATOR/ENGINE-VERSION/FILE.parquet</c>, in order of their paths.</summary>
    public static async Task<IReadOnlyList<KernelTable>> ReadAllAsync(string root, string operatorName, string file)
    {
        var tables = new List<KernelTable>();
        foreach (
            var path in Directory
                .GetFiles(root, file + ".parquet", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
        )
        {
            var parts = Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar);
            if (parts is [var system, var name, var engine, _] && name == operatorName)
                tables.Add(await ReadAsync(path, system, engine.Split('-')[0]).ConfigureAwait(false));
        }
        return tables;
    }

    public bool Has(string column) => numbers.ContainsKey(column) || texts.ContainsKey(column);

    public double Number(string column, int row) => numbers[column][row];

    public int Count32(string column, int row) => (int)numbers[column][row];

    public string Text(string column, int row) => texts[column][row] ?? "";

    /// <summary>Whether a column holds nothing else.</summary>
    public bool IsOnly(string column, string text) => texts[column].All(value => value == text);

    /// <summary>Tables give milliseconds.</summary>
    public double Seconds(int row) => numbers["latency"][row] / 1000;

    private static async Task<KernelTable> ReadAsync(string path, string system, string engine)
    {
        var table = new KernelTable(system, engine);
        await using var reader = await ParquetReader.CreateAsync(path).ConfigureAwait(false);
        foreach (var field in reader.Schema.GetDataFields())
        {
            var text = new List<string?>();
            var number = new List<double>();
            for (var group = 0; group < reader.RowGroupCount; group++)
            {
                using var rows = reader.OpenRowGroupReader(group);
                if (field.ClrType == typeof(ReadOnlyMemory<char>))
                    text.AddRange(await TextsAsync(rows, field).ConfigureAwait(false));
                else if (field.ClrType == typeof(double))
                    number.AddRange(await NumbersAsync<double>(rows, field).ConfigureAwait(false));
                else if (field.ClrType == typeof(long))
                    number.AddRange(await NumbersAsync<long>(rows, field).ConfigureAwait(false));
            }
            if (text.Count > 0)
                table.texts[field.Name] = [.. text];
            else if (number.Count > 0)
                table.numbers[field.Name] = [.. number];
            table.Count = Math.Max(table.Count, Math.Max(text.Count, number.Count));
        }
        return table;
    }

    private static async Task<string?[]> TextsAsync(ParquetRowGroupReader rows, DataField field)
    {
        var values = new string?[rows.RowCount];
        await rows.ReadAsync(field, values.AsMemory()).ConfigureAwait(false);
        return values;
    }

    /// <summary>Missing numbers are not a number.</summary>
    private static async Task<IEnumerable<double>> NumbersAsync<T>(ParquetRowGroupReader rows, DataField field)
        where T : struct, IConvertible
    {
        var values = new T?[rows.RowCount];
        await rows.ReadAsync<T>(field, values.AsMemory()).ConfigureAwait(false);
        return values.Select(value =>
            value is { } known ? known.ToDouble(global::System.Globalization.CultureInfo.InvariantCulture) : double.NaN
        );
    }
}
