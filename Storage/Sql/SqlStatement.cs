using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>
/// A statement with its parameters, in the order in which they are bound: <c>$1</c>, <c>$2</c> and so on.
/// </summary>
/// <param name="text">The text, which should be a constant: databases keep it prepared.</param>
internal sealed class SqlStatement(string text)
{
    private readonly List<object> values = [];

    /// <summary>The text, as PostgreSQL takes it.</summary>
    internal string Text => text;

    /// <summary>
    /// The values: a long, a bool, a string, a <see cref="ReadOnlyMemory{T}"/> of bytes, a <see cref="SqlUtf8"/>, an
    /// id, a token, or a <see cref="SqlNull"/> each.
    /// </summary>
    internal IReadOnlyList<object> Values => values;

    internal SqlStatement Bind(long value) => Add(value);

    internal SqlStatement Bind(long? value) => Add(value ?? (object)SqlNull.Number);

    internal SqlStatement Bind(bool value) => Add(value);

    internal SqlStatement Bind(bool? value) => Add(value ?? (object)SqlNull.Boolean);

    internal SqlStatement Bind(string? value) => Add(value ?? (object)SqlNull.Text);

    /// <summary>Binds text given as UTF-8. PostgreSQL stores empty text as NULL.</summary>
    internal SqlStatement BindUtf8(ReadOnlySpan<byte> value) => Add(new SqlUtf8(value.ToArray()));

    internal SqlStatement Bind(ReadOnlyMemory<byte> value) => Add(value);

    internal SqlStatement Bind(TaskId value) => Add(value);

    internal SqlStatement Bind(TaskId? value) => Add(value ?? (object)SqlNull.Id);

    internal SqlStatement Bind(LeaseToken value) => Add(value);

    private SqlStatement Add(object value)
    {
        values.Add(value);
        return this;
    }
}

/// <summary>NULL as a parameter, with the type that PostgreSQL needs to know.</summary>
internal enum SqlNull
{
    /// <summary>No integer or bigint.</summary>
    Number,

    /// <summary>No boolean.</summary>
    Boolean,

    /// <summary>No text.</summary>
    Text,

    /// <summary>No id.</summary>
    Id,
}

/// <summary>A text as UTF-8.</summary>
internal readonly record struct SqlUtf8(ReadOnlyMemory<byte> Bytes);
