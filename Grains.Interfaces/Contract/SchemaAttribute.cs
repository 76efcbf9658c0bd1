namespace OrleansTasks.Contract;

/// <summary>
/// Marks a record as a schema of the published HTTP contract. Its members are the schema's members, in camel case;
/// <see cref="System.ComponentModel.DescriptionAttribute"/> and the annotations of
/// <see cref="System.ComponentModel.DataAnnotations"/> say the rest. A static property <c>Example</c> is its example.
/// </summary>
/// <param name="name">The schema's name.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SchemaAttribute(string name) : Attribute
{
    /// <summary>The schema's name.</summary>
    public string Name => name;

    /// <summary>The name of the schema of a list of these; by default, <see cref="Name"/> and <c>List</c>.</summary>
    public string List { get; init; } = name + "List";
}
