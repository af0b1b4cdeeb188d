namespace Loadline.Models;

/// <summary>Where a hub keeps a model and its files.</summary>
/// <param name="Endpoint">The hub, possibly below a path of its host.</param>
/// <param name="Id"><c>org/name</c>.</param>
/// <param name="Revision">A branch, tag or commit.</param>
internal sealed record HubAddress(Uri Endpoint, string Id, string Revision)
{
    public Uri Model => At(Id);

    /// <summary>The list of its files.</summary>
    public Uri Listing => At(Revision == "main" ? $"api/models/{Id}" : $"api/models/{Id}/revision/{Revision}");

    /// <param name="path">Relative to the repository; a name that leads elsewhere must not come here.</param>
    public Uri Of(string path)
    {
        var escaped = path.Split('/').Select(Uri.EscapeDataString);
        return At($"{Id}/resolve/{Revision}/{string.Join('/', escaped)}");
    }

    private Uri At(string path) => new($"{Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");
}
