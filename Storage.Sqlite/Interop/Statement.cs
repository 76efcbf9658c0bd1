using System.Runtime.InteropServices;
using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>
/// A prepared statement. Bound values are copied into the statement's own memory, so that neither SQLite nor the caller
/// needs to keep a copy. <see cref="Run"/>, <see cref="Reset"/> and stepping past the last row free that memory.
/// Parameters count from 1, columns from
/// 0.
/// </summary>
internal sealed unsafe class Statement(Connection connection, nint handle) : IDisposable
{
    // Values go into the arena, one after the other; those that do not fit get blocks of their own in large.
    private const int ArenaSize = 4096;
    private readonly byte* arena = (byte*)NativeMemory.Alloc(ArenaSize);
    private List<nint>? large;
    private int used;

    internal void Bind(int index, long value) => Require(Native.sqlite3_bind_int64(handle, index, value));

    internal void BindNull(int index) => Require(Native.sqlite3_bind_null(handle, index));

    internal void BindNullable(int index, int? value)
    {
        if (value is { } number)
            Bind(index, number);
        else
            BindNull(index);
    }

    internal void Bind(int index, bool value) => Bind(index, value ? 1L : 0L);

    /// <summary>Binds text, made storable (<see cref="StorableText"/>).</summary>
    internal void Bind(int index, string? value)
    {
        if (value is null)
        {
            BindNull(index);
            return;
        }

        value = StorableText.Of(value);
        var room = Reserve(Encoding.UTF8.GetMaxByteCount(value.Length), out var capacity);
        var length = Encoding.UTF8.GetBytes(value, new Span<byte>(room, capacity));
        Commit(room, length);
        // The last argument, 0, is SQLITE_STATIC: SQLite does not copy the value, which stays in place until the reset.
        Require(Native.sqlite3_bind_text(handle, index, room, length, 0));
    }

    internal void Bind(int index, ReadOnlySpan<byte> value)
    {
        var room = Reserve(value.Length, out var capacity);
        value.CopyTo(new Span<byte>(room, capacity));
        Commit(room, value.Length);
        Require(Native.sqlite3_bind_blob(handle, index, room, value.Length, 0));
    }

    internal void BindUtf8(int index, ReadOnlySpan<byte> value)
    {
        var room = Reserve(value.Length, out var capacity);
        value.CopyTo(new Span<byte>(room, capacity));
        Commit(room, value.Length);
        Require(Native.sqlite3_bind_text(handle, index, room, value.Length, 0));
    }

    internal void Bind(int index, TaskId id)
    {
        var room = Reserve(TaskId.Size, out _);
        id.Write(new Span<byte>(room, TaskId.Size));
        Commit(room, TaskId.Size);
        Require(Native.sqlite3_bind_blob(handle, index, room, TaskId.Size, 0));
    }

    /// <summary>Binds a token. The default token, which means no attempt, becomes NULL.</summary>
    internal void Bind(int index, LeaseToken token)
    {
        if (token == default)
        {
            BindNull(index);
            return;
        }

        var room = Reserve(LeaseToken.Size, out _);
        token.Write(new Span<byte>(room, LeaseToken.Size));
        Commit(room, LeaseToken.Size);
        Require(Native.sqlite3_bind_blob(handle, index, room, LeaseToken.Size, 0));
    }

    /// <summary>Moves to the next row. Returns false after the last one, and then resets the statement.</summary>
    internal bool Step()
    {
        var code = Native.sqlite3_step(handle);
        if (code == ResultCode.Row)
            return true;
        if (code == ResultCode.Done)
        {
            Reset();
            return false;
        }

        var fault = connection.Fault(code);
        Reset();
        throw fault;
    }

    /// <summary>Runs the statement to its end and returns the number of rows that it changed.</summary>
    internal int Run()
    {
        while (Step())
        {
        }

        return connection.Changes;
    }

    internal void Reset()
    {
        _ = Native.sqlite3_reset(handle);
        used = 0;
        if (large is null)
            return;
        foreach (var block in large)
            NativeMemory.Free((void*)block);
        large = null;
    }

    // 5 is SQLITE_NULL.
    internal bool IsNull(int column) => Native.sqlite3_column_type(handle, column) == 5;

    internal long Int64(int column) => Native.sqlite3_column_int64(handle, column);

    internal int Int32(int column) => (int)Native.sqlite3_column_int64(handle, column);

    internal int? NullableInt32(int column) => IsNull(column) ? null : Int32(column);

    /// <summary>Reads a number of which 0 means not set. Returns null for 0 and NULL.</summary>
    internal long? Time(int column) => Int64(column) is var value and not 0 ? value : null;

    /// <summary>
    /// Reads the bytes of a blob or text. The span is valid until the next step or reset; it is empty for NULL.
    /// </summary>
    internal ReadOnlySpan<byte> Bytes(int column)
    {
        var start = Native.sqlite3_column_blob(handle, column);
        return start is null ? default : new ReadOnlySpan<byte>(start, Native.sqlite3_column_bytes(handle, column));
    }

    internal string? Text(int column) => IsNull(column) ? null : Encoding.UTF8.GetString(Bytes(column));

    internal ReadOnlyMemory<byte> Copy(int column)
    {
        var bytes = Bytes(column);
        return bytes.IsEmpty ? default : bytes.ToArray();
    }

    internal TaskId Id(int column) => TaskId.Read(Bytes(column));

    /// <summary>Reads an id. Returns null for NULL and for a value that is not an id.</summary>
    internal TaskId? NullableId(int column) => Bytes(column) is { Length: TaskId.Size } bytes ? TaskId.Read(bytes) : null;

    internal LeaseToken Token(int column) =>
        Bytes(column) is { IsEmpty: false } bytes ? LeaseToken.Read(bytes) : default;

    /// <inheritdoc/>
    public void Dispose()
    {
        Reset();
        _ = Native.sqlite3_finalize(handle);
        NativeMemory.Free(arena);
    }

    private byte* Reserve(int size, out int capacity)
    {
        capacity = Math.Max(size, 1);
        if (capacity <= ArenaSize - used)
            return arena + used;
        var block = (byte*)NativeMemory.Alloc((nuint)capacity);
        (large ??= []).Add((nint)block);
        return block;
    }

    private void Commit(byte* room, int length)
    {
        if (room == arena + used)
            used += length;
    }

    private void Require(int code)
    {
        if (code != ResultCode.Ok)
            throw connection.Fault(code);
    }
}
