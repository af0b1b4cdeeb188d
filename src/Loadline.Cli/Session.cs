using System.CommandLine;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Cli;

/// <summary>What every command needs: the catalog with the user's own files, and the models.</summary>
internal sealed class Session
{
    public static readonly Option<string?> CatalogOption = new("--catalog")
    {
        Description =
            "Directory with own accelerators, offers, engines and models that extend or override the built-in ones",
        HelpName = "DIR",
        Recursive = true,
    };

    private readonly Surroundings surroundings;

    private Session(CatalogReader catalog, ModelSource models, Surroundings surroundings)
    {
        Catalog = catalog;
        Models = models;
        this.surroundings = surroundings;
    }

    public CatalogReader Catalog { get; }

    /// <summary>For a command that reads many models and must not ask for each; others use ReadModel.</summary>
    public ModelSource Models { get; }

    public static Session Open(ParseResult parsed, Surroundings surroundings)
    {
        var directory = parsed.GetValue(CatalogOption);
        if (directory is not null && !Directory.Exists(directory))
            throw new DirectoryNotFoundException($"{directory}: no such directory");

        var catalog = new CatalogReader(directory ?? DefaultDirectory(surroundings));
        var cache = HubCache.FromEnvironment(surroundings.Variable);
        return new Session(catalog, new ModelSource(catalog, cache, HubOf(surroundings)), surroundings);
    }

    /// <summary>The model of that name, from this machine or from the hub.</summary>
    public Model ReadModel(string name) => Progress.Run(surroundings, $"reading {name}", say => ReadModel(name, say));

    /// <param name="name">As the user gave it.</param>
    /// <param name="say">Told how far the reading is; an empty text at its end.</param>
    public Model ReadModel(string name, Action<string> say)
    {
        var progress = new HeaderCount(say);
        // Commands are synchronous, and there is nothing else to do meanwhile.
        var model = Models.ReadAsync(name, progress, surroundings.Interrupt).GetAwaiter().GetResult();
        say("");
        return model;
    }

    /// <summary>Null when the environment forbids it; no network code runs before a model asks for it.</summary>
    private static Lazy<RemoteHub>? HubOf(Surroundings surroundings) =>
        HubEnvironment.IsOffline(surroundings.Variable)
            ? null
            : new Lazy<RemoteHub>(() => RemoteHub.Connect(HubEnvironment.Read(surroundings.Variable)));

    /// <summary><c>loadline/catalog</c> in the platform's configuration directory, when it exists.</summary>
    private static string? DefaultDirectory(Surroundings surroundings)
    {
        var configuration =
            surroundings.Variable("XDG_CONFIG_HOME")
            ?? surroundings.Variable("APPDATA")
            ?? (surroundings.Variable("HOME") is { } home ? Path.Combine(home, ".config") : null);
        if (configuration is null)
            return null;
        var directory = Path.Combine(configuration, "loadline", "catalog");
        return Directory.Exists(directory) ? directory : null;
    }

    private sealed class HeaderCount(Action<string> say) : IProgress<HeaderProgress>
    {
        public void Report(HeaderProgress value) => say($"{value.Read} of {value.Total} files");
    }
}
