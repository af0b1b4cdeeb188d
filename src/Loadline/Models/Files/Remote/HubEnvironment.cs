namespace Loadline.Models;

/// <summary>What the environment variables of Hugging Face's own tools say about the hub.</summary>
/// <remarks>https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables</remarks>
public static class HubEnvironment
{
    /// <summary>A token is some forty characters.</summary>
    private const int LongestToken = 4096;

    /// <summary>True when nothing may be asked over the network.</summary>
    /// <param name="environment">Value of a variable; null when it is not set.</param>
    public static bool IsOffline(Func<string, string?> environment) =>
        (Set(environment, "HF_HUB_OFFLINE") ?? Set(environment, "TRANSFORMERS_OFFLINE"))?.ToUpperInvariant()
            is "1"
                or "ON"
                or "YES"
                or "TRUE";

    /// <exception cref="BadContentException">A variable says what cannot be.</exception>
    /// <exception cref="IOException">The token file cannot be read.</exception>
    public static RemoteHubOptions Read(Func<string, string?> environment) =>
        new() { Endpoint = ReadEndpoint(environment), Token = ReadToken(environment) };

    /// <summary>The folder in which Hugging Face's tools keep their things; null without a home folder.</summary>
    internal static string? HomeOf(Func<string, string?> environment)
    {
        if (Set(environment, "HF_HOME") is { } home)
            return home;
        if (Set(environment, "XDG_CACHE_HOME") is { } caches)
            return Path.Combine(caches, "huggingface");
        return (Set(environment, "HOME") ?? Set(environment, "USERPROFILE")) is { } user
            ? Path.Combine(user, ".cache", "huggingface")
            : null;
    }

    internal static string? Set(Func<string, string?> environment, string name) =>
        environment(name) is { Length: > 0 } value ? value : null;

    private static Uri ReadEndpoint(Func<string, string?> environment)
    {
        if (Set(environment, "HF_ENDPOINT") is not { } text)
            return RemoteHubOptions.HuggingFace;
        var isPlain =
            Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
            && url.UserInfo.Length + url.Query.Length + url.Fragment.Length == 0;
        // Not shown: a password may be in it.
        return isPlain
            ? url!
            : throw new BadContentException(
                "HF_ENDPOINT",
                "",
                "no plain address",
                "one such as https://huggingface.co, without user, query or fragment"
            );
    }

    private static string? ReadToken(Func<string, string?> environment)
    {
        foreach (var name in (string[])["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
        {
            if (Set(environment, name)?.Trim() is { Length: > 0 } token)
                return Checked(token, name);
        }
        var file =
            Set(environment, "HF_TOKEN_PATH") ?? (HomeOf(environment) is { } home ? Path.Combine(home, "token") : null);
        if (file is null || !File.Exists(file))
            return null;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        var bytes = new byte[LongestToken + 1];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var text = System.Text.Encoding.UTF8.GetString(bytes, 0, read).Trim();
        return text.Length == 0 ? null : Checked(text, file);
    }

    /// <summary>A line break in a token would be a header of its own.</summary>
    private static string Checked(string token, string source) =>
        token.Length <= LongestToken && token.All(character => character is > ' ' and <= '~')
            ? token
            : throw new BadContentException(source, "", "something that is no token", "printable ASCII on one line");
}
