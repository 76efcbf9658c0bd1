using Npgsql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>The current row of a result. Columns count from 0.</summary>
internal readonly struct Row(NpgsqlDataReader reader)
{
    internal bool IsNull(int column) => reader.IsDBNull(column);

    internal long Int64(int column) => reader.GetInt64(column);

    internal long? NullableInt64(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    internal int Int32(int column) => reader.GetInt32(column);

    internal int? NullableInt32(int column) => reader.IsDBNull(column) ? null : reader.GetInt32(column);

    internal bool Boolean(int column) => reader.GetBoolean(column);

    /// <summary>Reads a number of which 0 means not set. Returns null for 0 and NULL.</summary>
    internal long? Time(int column) => reader.IsDBNull(column) ? null : Int64(column) is var value and not 0 ? value : null;

    internal string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>Reads a binary value; empty for NULL.</summary>
    internal byte[] Bytes(int column) => reader.IsDBNull(column) ? [] : reader.GetFieldValue<byte[]>(column);

    /// <summary>Reads a text as UTF-8; empty for NULL.</summary>
    internal byte[] Utf8(int column) => reader.IsDBNull(column) ? [] : System.Text.Encoding.UTF8.GetBytes(reader.GetString(column));

    internal ReadOnlyMemory<byte> Memory(int column) => Bytes(column) is { Length: > 0 } bytes ? bytes : default;

    internal string[] Texts(int column) => reader.GetFieldValue<string[]>(column);

    internal long[] Int64s(int column) => reader.GetFieldValue<long[]>(column);

    internal TaskId Id(int column)
    {
        Span<byte> bytes = stackalloc byte[TaskId.Size];
        reader.GetGuid(column).TryWriteBytes(bytes, bigEndian: true, out _);
        return TaskId.Read(bytes);
    }

    internal Guid Uuid(int column) => reader.GetGuid(column);

    internal TaskId? NullableId(int column) => reader.IsDBNull(column) ? null : Id(column);

    /// <summary>Reads a token. NULL is the default token, which means no attempt.</summary>
    internal LeaseToken Token(int column)
    {
        if (reader.IsDBNull(column))
            return default;
        Span<byte> bytes = stackalloc byte[LeaseToken.Size];
        reader.GetGuid(column).TryWriteBytes(bytes, bigEndian: true, out _);
        return LeaseToken.Read(bytes);
    }
}
