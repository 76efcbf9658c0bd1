namespace Orleans;

/// <summary>The name of a grain's type, used in <see cref="Runtime.GrainId"/>; else it comes from the class.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class GrainTypeAttribute : Attribute
{
    /// <summary>A name.</summary>
    /// <param name="grainType">The name.</param>
    public GrainTypeAttribute(string grainType) => Name = grainType;

    internal string Name { get; }
}
