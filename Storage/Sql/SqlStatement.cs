using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>A statement with its parameters, in the order in which they are bound: <c>$1</c>, <c>$2</c> and so on.</summary>
/// <param name="text">The text, which should be a constant: databases keep it prepared.</param>
internal sealed class SqlStatement(string text)
{
    private readonly List<object> values = [];

    /// <summary>The text, as PostgreSQL takes it.</summary>
    internal string Text => text;

    /// <summary>The values: a long, a string, a <see cref="ReadOnlyMemory{T}"/> of bytes, an id or a token each.</summary>
    internal IReadOnlyList<object> Values => values;

    internal SqlStatement Bind(long value) => Add(value);

    internal SqlStatement Bind(string value) => Add(value);

    internal SqlStatement Bind(ReadOnlyMemory<byte> value) => Add(value);

    internal SqlStatement Bind(TaskId value) => Add(value);

    internal SqlStatement Bind(LeaseToken value) => Add(value);

    private SqlStatement Add(object value)
    {
        values.Add(value);
        return this;
    }
}
