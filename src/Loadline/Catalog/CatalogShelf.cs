using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Loadline.Catalog;

/// <summary>One line of a listing: an entry's id, what it is called and its other names.</summary>
public sealed record CatalogItem(string Id, string? Name, ImmutableArray<string> Aliases);

/// <summary>All entries of one kind, whatever their type; for listing, searching and showing.</summary>
public abstract class CatalogShelf
{
    /// <summary>Every entry in the order of the files.</summary>
    public abstract IReadOnlyList<CatalogItem> Items { get; }

    /// <summary>The merged JSON of an entry found by id, alias or unique beginning.</summary>
    public abstract JsonElement Show(string name);
}

/// <summary>How the files of one kind are laid out.</summary>
/// <param name="Name">What one entry is called in messages.</param>
/// <param name="Path">Folder below the catalog, or a single file.</param>
/// <param name="List">Property that holds the entries of a file; null when the file is one entry.</param>
/// <param name="IdOf">Identity of an entry; null when it has none.</param>
internal sealed record ShelfLayout(string Name, string Path, string? List, Func<EntryLayer, string?> IdOf);

/// <summary>Entries of one kind, read when first asked for.</summary>
public sealed class CatalogShelf<T> : CatalogShelf
    where T : class
{
    private readonly CatalogFiles files;
    private readonly ShelfLayout layout;
    private readonly JsonTypeInfo<T> type;
    private readonly Func<T, T> complete;
    private readonly Lazy<OrderedDictionary<string, CatalogEntry>> entries;
    private readonly Lazy<NameIndex> names;
    private readonly ConcurrentDictionary<string, T> read = new(StringComparer.OrdinalIgnoreCase);

    internal CatalogShelf(CatalogFiles files, ShelfLayout layout, JsonTypeInfo<T> type, Func<T, T>? complete = null)
    {
        this.files = files;
        this.layout = layout;
        this.type = type;
        this.complete = complete ?? (value => value);
        entries = new(Load);
        names = new(() =>
            new NameIndex(layout.Name, Items.Select(item => (item.Id, (IReadOnlyList<string>)item.Aliases)))
        );
    }

    /// <summary>Every entry. Reading one kind costs a few milliseconds; prefer <see cref="Find"/> for one entry.</summary>
    public IReadOnlyList<T> All => [.. entries.Value.Keys.Select(Read)];

    public IEnumerable<string> Ids => entries.Value.Keys;

    public override IReadOnlyList<CatalogItem> Items =>
        [.. entries.Value.Select(pair => new CatalogItem(pair.Key, NameOf(pair.Value), AliasesOf(pair.Value)))];

    /// <summary>The entry with this id, alias or unique beginning of one.</summary>
    /// <exception cref="UnknownNameException">No entry, or several, go by this name.</exception>
    public T Find(string name) => Read(names.Value.Find(name));

    /// <summary>The entry with exactly this id; null when there is none.</summary>
    public T? Get(string id) => entries.Value.ContainsKey(id) ? Read(id) : null;

    public override JsonElement Show(string name) =>
        JsonElement.Parse(entries.Value[names.Value.Find(name)].Json.ToJsonString());

    internal NameIndex Names => names.Value;

    private T Read(string id) =>
        read.GetOrAdd(
            id,
            static (id, shelf) => shelf.complete(EntryReader.Read(shelf.entries.Value[id], shelf.type)),
            this
        );

    private OrderedDictionary<string, CatalogEntry> Load()
    {
        var loaded = new OrderedDictionary<string, CatalogEntry>(StringComparer.OrdinalIgnoreCase);
        AddLayer(loaded, files.BuiltIn(layout.Path));
        var own = AddLayer(loaded, files.Own(layout.Path));
        RefuseSharedNames(loaded, own);

        // The tests read every built-in entry; what the user wrote is checked here and now, not when it is first used.
        foreach (var id in own)
            EntryReader.Read(loaded[id], type);
        return loaded;
    }

    private HashSet<string> AddLayer(
        OrderedDictionary<string, CatalogEntry> loaded,
        IEnumerable<CatalogFile> layerFiles
    )
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var layer in layerFiles.SelectMany(file => EntryLayers.Of(file, layout.List)))
        {
            var id = layout.IdOf(layer);
            if (string.IsNullOrEmpty(id))
                throw new BadContentException(layer.File.Name, layer.Place, "no id", $"the id of the {layout.Name}");
            if (!seen.TryAdd(id, layer.File.Name))
                throw new BadContentException(
                    layer.File.Name,
                    layer.Place,
                    $"\"{id}\" a second time",
                    $"each {layout.Name} once; the other is in {seen[id]}"
                );

            if (!loaded.TryGetValue(id, out var entry))
                loaded.Add(id, entry = new CatalogEntry());
            entry.Add(layer);
        }
        return seen.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    // The user's entries come last, so that the user's file is named and not a built-in one.
    private void RefuseSharedNames(OrderedDictionary<string, CatalogEntry> loaded, HashSet<string> own)
    {
        var owners = loaded.Keys.ToDictionary(id => id, id => id, StringComparer.OrdinalIgnoreCase);
        foreach (var (id, entry) in loaded.OrderBy(pair => own.Contains(pair.Key)))
        {
            foreach (var alias in AliasesOf(entry))
            {
                if (!owners.TryAdd(alias, id) && owners[alias] != id)
                {
                    var (file, place) = entry.Locate(".aliases");
                    var expected = $"a name no other {layout.Name} has";
                    throw new BadContentException(file, place, $"\"{alias}\", a name of {owners[alias]}", expected);
                }
            }
        }
    }

    // Offers have no name of their own; what people look for is what they rent out.
    private static string? NameOf(CatalogEntry entry) => TextOf(entry, "name") ?? TextOf(entry, "accelerator");

    private static string? TextOf(CatalogEntry entry, string property) =>
        entry.Json[property] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static ImmutableArray<string> AliasesOf(CatalogEntry entry) =>
        entry.Json["aliases"] is JsonArray array
            ? [.. array.OfType<JsonValue>().Select(value => value.TryGetValue<string>(out var text) ? text : "")]
            : [];
}
