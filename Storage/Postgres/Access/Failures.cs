using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>
/// Tells what an exception of the database says of a write. An error that the server reports undoes the transaction, except for
/// those classes with which a server also goes away: after them, and after silence, nobody can say.
/// </summary>
internal static class Failures
{
    /// <summary>The SQLSTATE with which our own functions refuse.</summary>
    internal const string Refusal = "OT001";

    /// <summary>The disk is full.</summary>
    internal const string DiskFull = "53100";

    /// <summary>Whether an exception comes from the database, or from the way there.</summary>
    internal static bool IsDatabase(Exception fault) =>
        fault is NpgsqlException or IOException or SocketException or TimeoutException or ObjectDisposedException;

    /// <summary>Whether an exception means that nothing of the transaction was written.</summary>
    internal static bool IsDefinite(Exception fault) => fault switch
    {
        EncoderFallbackException => true,
        PostgresException { SqlState: "40003" } => false,
        PostgresException known => !(known.SqlState.StartsWith("08", StringComparison.Ordinal)
            || known.SqlState.StartsWith("57P", StringComparison.Ordinal) || known.SqlState.StartsWith("XX", StringComparison.Ordinal)),
        _ => false,
    };

    /// <summary>
    /// Whether an exception means that something in the transaction can never be stored: its data is wrong (classes 21, 22, 23),
    /// too large (54), or refused by a function of ours.
    /// </summary>
    internal static bool IsPermanent(Exception fault) => fault is EncoderFallbackException
        || fault is PostgresException { SqlState: var state } && (state == Refusal || state[..2] is "21" or "22" or "23" or "54");

    /// <summary>What went wrong, for operators; names no host and no value of a row.</summary>
    internal static string Detail(Exception fault) => fault switch
    {
        PostgresException { SqlState: Refusal } known => known.MessageText,
        PostgresException known => $"PostgreSQL refused: {known.MessageText} (SQLSTATE {known.SqlState})",
        UnusableDatabaseException unusable => unusable.Message,
        EncoderFallbackException => "A text of the write is no valid Unicode.",
        _ => "PostgreSQL cannot be reached.",
    };
}
