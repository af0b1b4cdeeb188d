namespace Loadline.Models;

/// <summary>
/// One model family: how its configuration becomes an <see cref="Architecture"/>. A family is one small file under
/// <c>Families/</c> and one row in <see cref="ModelFamilies.All"/>.
/// </summary>
public abstract class Family
{
    public abstract string Name { get; }

    /// <summary>Values of <c>model_type</c> in config.json that belong to the family.</summary>
    public abstract IReadOnlyList<string> ModelTypes { get; }

    /// <exception cref="BadContentException">A field is missing, wrong or contradicts another.</exception>
    public abstract Architecture Describe(ModelConfig config);
}
