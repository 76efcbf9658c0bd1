namespace OrleansTasks.Client.Contract;

/// <summary>A schema of the published contract.</summary>
/// <param name="Name">Its name under components.</param>
/// <param name="Record">The record that it is generated from; null if components.json has it.</param>
public readonly record struct SchemaRef(string Name, Type? Record = null)
{
    /// <summary>Returns the schema of a name in components.json.</summary>
    public static implicit operator SchemaRef(string name) => new(name);

    /// <summary>Returns the schema of a record.</summary>
    public static implicit operator SchemaRef(Type record) => new(
        RecordSchemas.NameOf(record) ?? throw new ArgumentException($"{record} is not a schema of the contract.", nameof(record)), record);
}
