namespace OrleansTasks.Storage.Sql;

/// <summary>Short forms of what most stores do.</summary>
internal static class SqlReading
{
    extension(ISqlDatabase database)
    {
        /// <summary>Reads the rows of a short statement.</summary>
        internal async Task<ImmutableArray<T>> Rows<T>(SqlStatement statement, Func<ISqlRow, T> read) =>
            [.. await database.Read(session => session.All(statement, read)).ConfigureAwait(false)];

        /// <summary>Reads the rows of a statement that returns up to some thousand.</summary>
        internal async Task<ImmutableArray<T>> Page<T>(
            SqlStatement statement, Func<ISqlRow, T> read, CancellationToken cancellation = default) =>
            [.. await database.ReadPage(session => session.All(statement, read), cancellation).ConfigureAwait(false)];

        /// <summary>Reads the first row of a short statement. Returns the default value if there is none.</summary>
        internal Task<T?> First<T>(SqlStatement statement, Func<ISqlRow, T> read) =>
            database.Read(session => session.First(statement, read));

        /// <summary>Writes with statements that need no answer, in a transaction.</summary>
        internal Task WriteAll(params IReadOnlyList<SqlStatement> statements) =>
            database.Write(session => session.RunAll(statements));
    }

    /// <summary>Reads the first row. Returns the default value if there is none.</summary>
    internal static async ValueTask<T?> First<T>(this ISqlSession session, SqlStatement statement, Func<ISqlRow, T> read) =>
        await session.All(statement, read).ConfigureAwait(false) is [var first, ..] ? first : default;

    extension(ISqlRow row)
    {
        internal int? NullableInt32(int column) => row.IsNull(column) ? null : row.Int32(column);

        internal long? NullableInt64(int column) => row.IsNull(column) ? null : row.Int64(column);

        /// <summary>
        /// Reads the tail of an output. If no tail is stored, it equals the whole output: stdout, then stderr.
        /// </summary>
        internal ReadOnlyMemory<byte> Tail(int tail, int stdout, int stderr)
        {
            if (!row.IsNull(tail))
                return row.Bytes(tail);
            byte[] whole = [.. row.Bytes(stdout).Span, .. row.Bytes(stderr).Span];
            return whole.Length == 0 ? default(ReadOnlyMemory<byte>) : whole;
        }

        /// <summary>Reads a time of which 0 means not set. Returns null for 0 and NULL.</summary>
        internal long? Time(int column) => row.IsNull(column) ? null : row.Int64(column) is var value and not 0 ? value : null;
    }
}
