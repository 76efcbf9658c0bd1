using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>
/// Interprets exceptions from the database. If the server reports an error, the transaction was rolled back, except for
/// the classes of a server that is going away: after these, and if no answer comes, the outcome is unknown.
/// </summary>
internal static class Failures
{
    /// <summary>The SQLSTATE that our own SQL functions raise.</summary>
    internal const string Refusal = "OT001";

    /// <summary>The SQLSTATE of a full disk.</summary>
    internal const string DiskFull = "53100";

    /// <summary>Returns whether an exception comes from the database or from the connection to it.</summary>
    internal static bool IsDatabase(Exception fault) =>
        fault is NpgsqlException or IOException or SocketException or TimeoutException or ObjectDisposedException;

    /// <summary>Returns whether an exception means that nothing of the transaction was written.</summary>
    internal static bool IsDefinite(Exception fault) => fault switch
    {
        EncoderFallbackException => true,
        // 40003: completion unknown. 08: connection broken. 57P: server shutting down. XX: internal error.
        PostgresException { SqlState: "40003" } => false,
        PostgresException known => !(known.SqlState.StartsWith("08", StringComparison.Ordinal)
            || known.SqlState.StartsWith("57P", StringComparison.Ordinal) || known.SqlState.StartsWith("XX", StringComparison.Ordinal)),
        _ => false,
    };

    /// <summary>
    /// Returns whether an exception means that the transaction can never succeed: its data is invalid (SQLSTATE classes
    /// 21, 22 and 23), too large (54), or refused by one of our functions.
    /// </summary>
    internal static bool IsPermanent(Exception fault) => fault is EncoderFallbackException
        || fault is PostgresException { SqlState: var state } && (state == Refusal || state[..2] is "21" or "22" or "23" or "54");

    /// <summary>Returns a message for operators. It names no host and no value of a row.</summary>
    internal static string Detail(Exception fault) => fault switch
    {
        PostgresException { SqlState: Refusal } known => known.MessageText,
        PostgresException known => $"PostgreSQL reported an error: {known.MessageText} (SQLSTATE {known.SqlState})",
        UnusableDatabaseException unusable => unusable.Message,
        EncoderFallbackException => "A text to be written is not valid Unicode.",
        _ => "PostgreSQL is unreachable.",
    };
}
