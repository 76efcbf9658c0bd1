namespace Orleans;

/// <summary>This type may be sent: its members with <see cref="IdAttribute"/> travel.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum)]
public sealed class GenerateSerializerAttribute : Attribute
{
    /// <summary>
    /// Whether members made by the primary constructor travel too. Records: yes, unless set to false.
    /// </summary>
    public bool IncludePrimaryConstructorParameters { get; init; }
}
