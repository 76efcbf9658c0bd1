using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Silo.Notifications;

/// <summary>The mail server of the service.</summary>
/// <param name="Host">The server's name or address.</param>
/// <param name="Port">The server's port.</param>
/// <param name="Security">How the connection is encrypted.</param>
/// <param name="From">The address of the sender.</param>
public sealed record SmtpSettings(string Host, int Port, SmtpSecurity Security, string From)
{
    /// <summary>The form of the option.</summary>
    public const string Form =
        "smtps://HOST[:PORT] (TLS from the start), smtp://HOST[:PORT] (STARTTLS), or smtp-plain://HOST[:PORT] (no TLS), "
        + "with USER@ before the host to sign in";

    /// <summary>The name with which to sign in; null to send without signing in.</summary>
    public string? User { get; init; }

    /// <summary>The file with the password, which is read for each connection.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Returns whether a text may be the address of a sender.</summary>
    public static bool IsAddress(string text) =>
        MimeKit.MailboxAddress.TryParse(text, out var address) && address.Address == text;

    /// <summary>
    /// Reads the option <c>--smtp</c>. The address of the sender is the user's, or <c>orleanstasks@HOST</c>.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SmtpSettings? settings)
    {
        settings = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0
            || url.PathAndQuery is not ("" or "/") || url.Fragment.Length > 0)
            return false;
        var user = Uri.UnescapeDataString(url.UserInfo);
        SmtpSecurity? security = url.Scheme switch
        {
            "smtps" => SmtpSecurity.Tls,
            "smtp" => SmtpSecurity.StartTls,
            "smtp-plain" => SmtpSecurity.None,
            _ => null,
        };
        if (security is not { } known || user.Contains(':', StringComparison.Ordinal))
            return false;
        var usual = known switch { SmtpSecurity.Tls => 465, SmtpSecurity.StartTls => 587, _ => 25 };
        var port = url.Port > 0 ? url.Port : usual;
        var from = user.Contains('@', StringComparison.Ordinal) ? user : $"orleanstasks@{url.Host}";
        settings = new SmtpSettings(url.Host, port, known, from) { User = user.Length > 0 ? user : null };
        return true;
    }
}

/// <summary>How a connection to a mail server is encrypted.</summary>
public enum SmtpSecurity
{
    /// <summary>No TLS.</summary>
    None,

    /// <summary>STARTTLS. A server that does not offer it gets nothing.</summary>
    StartTls,

    /// <summary>TLS from the start.</summary>
    Tls,
}
