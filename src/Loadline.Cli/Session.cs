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

    private Session(CatalogReader catalog, ModelSource models)
    {
        Catalog = catalog;
        Models = models;
    }

    public CatalogReader Catalog { get; }

    public ModelSource Models { get; }

    public static Session Open(ParseResult parsed, Surroundings surroundings)
    {
        var directory = parsed.GetValue(CatalogOption);
        if (directory is not null && !Directory.Exists(directory))
            throw new DirectoryNotFoundException($"{directory}: no such directory");

        var catalog = new CatalogReader(directory ?? DefaultDirectory(surroundings));
        return new Session(catalog, new ModelSource(catalog, HubCache.FromEnvironment(surroundings.Variable)));
    }

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
}
