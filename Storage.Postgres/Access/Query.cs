using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>
/// An SQL statement with its parameters, <c>$1</c>, <c>$2</c> and so on, in the order in which they are bound.
/// </summary>
/// <param name="text">The statement's text. A constant text stays prepared on the server.</param>
internal sealed class Query(string text)
{
    private readonly List<NpgsqlParameter> parameters = [];

    internal string Text => text;

    internal IReadOnlyList<NpgsqlParameter> Parameters => parameters;

    internal Query Bind(long value) => Add(NpgsqlDbType.Bigint, value);

    internal Query Bind(long? value) => Add(NpgsqlDbType.Bigint, value);

    internal Query Bind(int value) => Add(NpgsqlDbType.Integer, value);

    internal Query Bind(int? value) => Add(NpgsqlDbType.Integer, value);

    internal Query Bind(bool value) => Add(NpgsqlDbType.Boolean, value);

    internal Query Bind(bool? value) => Add(NpgsqlDbType.Boolean, value);

    /// <summary>Binds text, made storable (<see cref="StorableText"/>).</summary>
    internal Query Bind(string? value) => Add(NpgsqlDbType.Text, value is null ? null : StorableText.Of(value));

    internal Query Bind(TaskId value) => Add(NpgsqlDbType.Uuid, Uuid(value));

    internal Query Bind(TaskId? value) => Add(NpgsqlDbType.Uuid, value is { } id ? Uuid(id) : null);

    internal Query Bind(Guid value) => Add(NpgsqlDbType.Uuid, value);

    internal Query Bind(LeaseToken value) => Add(NpgsqlDbType.Uuid, Uuid(value));

    /// <summary>Binds bytes. Empty input is stored as an empty value, not as NULL.</summary>
    internal Query Bind(ReadOnlyMemory<byte> value) => Add(NpgsqlDbType.Bytea, Bytes(value));

    /// <summary>Binds bytes. Empty input becomes NULL.</summary>
    internal Query BindUnlessEmpty(ReadOnlyMemory<byte> value) => Add(NpgsqlDbType.Bytea, value.IsEmpty ? null : Bytes(value));

    /// <summary>Binds text given as UTF-8. Empty input becomes NULL.</summary>
    internal Query BindUtf8(ReadOnlySpan<byte> value) => Bind(Text8(value));

    internal Query Bind(List<long> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    internal Query Bind(List<long?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    internal Query Bind(List<int> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Integer, values);

    internal Query Bind(List<int?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Integer, values);

    internal Query Bind(List<bool> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Boolean, values);

    internal Query Bind(List<bool?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Boolean, values);

    /// <summary>Binds texts, made storable (<see cref="StorableText"/>) in the list itself.</summary>
    internal Query Bind(List<string?> values)
    {
        var texts = CollectionsMarshal.AsSpan(values);
        for (var i = 0; i < texts.Length; i++)
        {
            if (texts[i] is { } text)
                texts[i] = StorableText.Of(text);
        }

        return Add(NpgsqlDbType.Array | NpgsqlDbType.Text, values);
    }

    internal Query Bind(List<Guid> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Uuid, values);

    internal Query Bind(List<Guid?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Uuid, values);

    internal Query Bind(List<byte[]?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Bytea, values);

    /// <summary>Converts an id to a <c>uuid</c> with the same bytes in the same order, so both sort alike.</summary>
    internal static Guid Uuid(TaskId id)
    {
        Span<byte> bytes = stackalloc byte[TaskId.Size];
        id.Write(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Converts a token to a <c>uuid</c>. The default token, which means no attempt, becomes null.</summary>
    internal static Guid? Uuid(LeaseToken token)
    {
        if (token == default)
            return null;
        Span<byte> bytes = stackalloc byte[LeaseToken.Size];
        token.Write(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Returns the bytes as an array, without a copy if they already are a whole array.</summary>
    internal static byte[] Bytes(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var segment) && segment.Array is { } array && array.Length == value.Length
            ? array
            : value.ToArray();

    /// <summary>Decodes UTF-8 text; returns null if it is empty.</summary>
    internal static string? Text8(ReadOnlySpan<byte> value) =>
        value.IsEmpty ? null : System.Text.Encoding.UTF8.GetString(value);

    private Query Add(NpgsqlDbType type, object? value)
    {
        parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        return this;
    }
}
