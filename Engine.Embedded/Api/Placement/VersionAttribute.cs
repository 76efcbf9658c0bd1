namespace Orleans.CodeGeneration;

/// <summary>Version of a grain interface. One process has one version, so this says nothing here.</summary>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class VersionAttribute : Attribute
{
    /// <summary>A version.</summary>
    /// <param name="version">The version.</param>
    public VersionAttribute(ushort version) => Version = version;

    /// <summary>The version.</summary>
    public ushort Version { get; }
}
