using System.Collections.Immutable;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>Writes a plan down as files that start it: scripts, manifests, and what has to be bought or rented.</summary>
public static class ExportFiles
{
    private static readonly ImmutableArray<Func<ExportContext, IEnumerable<ExportFile>>> Formats =
    [
        LaunchScripts.Write,
        EngineConfigFile.Write,
        ModelfileText.Write,
        ComposeFile.Write,
        KubernetesManifest.Write,
        SkyPilotTask.Write,
        ShoppingList.Write,
    ];

    /// <summary>Where prefill and decode are apart, the scripts of one machine: what else there is starts equal replicas.</summary>
    private static readonly ImmutableArray<Func<ExportContext, IEnumerable<ExportFile>>> FormatsOfPools =
    [
        LaunchScripts.Write,
        PoolScript.Write,
        EngineConfigFile.Write,
        ShoppingList.Write,
    ];

    /// <exception cref="UnknownNameException">
    /// The catalog lacks the engine or the accelerator, or the engine has no such weights or cache.
    /// </exception>
    public static ImmutableArray<ExportFile> Of(DeploymentSetup setup, CatalogReader catalog)
    {
        var context = ExportContext.Of(setup, catalog);
        var formats = setup.Pools is null ? Formats : FormatsOfPools;
        ImmutableArray<ExportFile> files = [.. formats.SelectMany(write => write(context))];
        return [ExportReadMe.Of(context, files), .. files];
    }
}
