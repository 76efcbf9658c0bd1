namespace OrleansTasks.Notifications;

/// <summary>Sends mail: through an SMTP server in production.</summary>
public interface IMailSender
{
    /// <summary>Why no mail can be sent; null if it can.</summary>
    string? Refusal { get; }

    /// <summary>
    /// Sends a mail. Returns why the server did not take it; null if it did. Only cancellation throws
    /// (<see cref="OperationCanceledException"/>).
    /// </summary>
    Task<string?> Send(MailMessage mail, CancellationToken cancellation);
}

/// <summary>A mail.</summary>
/// <param name="To">The addresses.</param>
/// <param name="Subject">The subject, in one line.</param>
/// <param name="Text">The text.</param>
/// <param name="Id">Identifies the message; different for each try.</param>
public sealed record MailMessage(ImmutableArray<string> To, string Subject, string Text, string Id);

/// <summary>A service without a mail server.</summary>
public sealed class NoMailSender : IMailSender
{
    /// <inheritdoc/>
    public string Refusal => "no mail server is set up: start the service with --smtp";

    /// <inheritdoc/>
    public Task<string?> Send(MailMessage mail, CancellationToken cancellation) => Task.FromResult<string?>(Refusal);
}
