using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>One SQL statement with its parameters, <c>$1</c> and on, in the order in which they are bound.</summary>
/// <param name="text">The statement. A text that does not change stays prepared on the server.</param>
internal sealed class Query(string text)
{
    private readonly List<NpgsqlParameter> parameters = [];

    /// <summary>The statement.</summary>
    internal string Text => text;

    /// <summary>The values.</summary>
    internal IReadOnlyList<NpgsqlParameter> Parameters => parameters;

    internal Query Bind(long value) => Add(NpgsqlDbType.Bigint, value);

    internal Query Bind(long? value) => Add(NpgsqlDbType.Bigint, value);

    internal Query Bind(int value) => Add(NpgsqlDbType.Integer, value);

    internal Query Bind(int? value) => Add(NpgsqlDbType.Integer, value);

    internal Query Bind(bool value) => Add(NpgsqlDbType.Boolean, value);

    internal Query Bind(bool? value) => Add(NpgsqlDbType.Boolean, value);

    internal Query Bind(string? value) => Add(NpgsqlDbType.Text, value);

    internal Query Bind(TaskId value) => Add(NpgsqlDbType.Uuid, Uuid(value));

    internal Query Bind(TaskId? value) => Add(NpgsqlDbType.Uuid, value is { } id ? Uuid(id) : null);

    internal Query Bind(LeaseToken value) => Add(NpgsqlDbType.Uuid, Uuid(value));

    /// <summary>Binds bytes; none are an empty value, not NULL.</summary>
    internal Query Bind(ReadOnlyMemory<byte> value) => Add(NpgsqlDbType.Bytea, Bytes(value));

    /// <summary>Binds bytes; none are NULL.</summary>
    internal Query BindUnlessEmpty(ReadOnlyMemory<byte> value) => Add(NpgsqlDbType.Bytea, value.IsEmpty ? null : Bytes(value));

    /// <summary>Binds text given in UTF-8; empty is NULL.</summary>
    internal Query BindUtf8(ReadOnlySpan<byte> value) => Bind(Text8(value));

    internal Query Bind(List<long> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    internal Query Bind(List<long?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    internal Query Bind(List<int> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Integer, values);

    internal Query Bind(List<int?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Integer, values);

    internal Query Bind(List<bool> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Boolean, values);

    internal Query Bind(List<bool?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Boolean, values);

    internal Query Bind(List<string?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Text, values);

    internal Query Bind(List<Guid> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Uuid, values);

    internal Query Bind(List<Guid?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Uuid, values);

    internal Query Bind(List<byte[]?> values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Bytea, values);

    /// <summary>An id in the form of the database: the same bytes in the same order.</summary>
    internal static Guid Uuid(TaskId id)
    {
        Span<byte> bytes = stackalloc byte[TaskId.Size];
        id.Write(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>A token in the form of the database; the token of no attempt is null.</summary>
    internal static Guid? Uuid(LeaseToken token)
    {
        if (token == default)
            return null;
        Span<byte> bytes = stackalloc byte[LeaseToken.Size];
        token.Write(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The bytes as an array, without a copy where they are a whole one.</summary>
    internal static byte[] Bytes(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var segment) && segment.Array is { } array && array.Length == value.Length
            ? array
            : value.ToArray();

    /// <summary>Text given in UTF-8; null when empty.</summary>
    internal static string? Text8(ReadOnlySpan<byte> value) =>
        value.IsEmpty ? null : System.Text.Encoding.UTF8.GetString(value);

    private Query Add(NpgsqlDbType type, object? value)
    {
        parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        return this;
    }
}
