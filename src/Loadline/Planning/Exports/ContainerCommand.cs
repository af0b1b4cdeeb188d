namespace Loadline.Planning;

/// <summary>The command of a container, word by word, as Compose and Kubernetes both take it.</summary>
internal static class ContainerCommand
{
    /// <summary>Both put the value of a variable in place of its name unless the dollar is written twice.</summary>
    public static string Literal(string text) => text.Replace("$", "$$", StringComparison.Ordinal);

    /// <summary>The model, and every setting with why it is there.</summary>
    /// <param name="yaml">Where the words go.</param>
    /// <param name="start">What is started.</param>
    /// <param name="model">How the model is written there.</param>
    public static void AddWords(YamlWriter yaml, EngineStart start, string model)
    {
        foreach (var word in start.ModelWords(model))
            yaml.Item(word == model ? word : Literal(word));
        var arguments = start
            .Arguments.Concat(start.ConfigArguments(ContainerPaths.Config))
            .Concat(start.AddressArguments(PlainText.Number(start.Launch.Port)));
        foreach (var argument in arguments)
        {
            yaml.Comment(argument.Why);
            foreach (var word in argument.Words)
                yaml.Item(Literal(word));
        }
    }
}
