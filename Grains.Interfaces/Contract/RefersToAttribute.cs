namespace OrleansTasks.Contract;

/// <summary>
/// Says that a member has a schema of components.json: the form of an id, of a duration, or of what no record describes
/// yet.
/// </summary>
/// <param name="name">The schema's name.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RefersToAttribute(string name) : Attribute
{
    /// <summary>The schema's name.</summary>
    public string Name => name;

    /// <summary>Whether the member is a list, and each of its items has the schema.</summary>
    public bool IsOfItems { get; init; }
}
