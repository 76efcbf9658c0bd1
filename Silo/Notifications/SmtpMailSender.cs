using System.Diagnostics.CodeAnalysis;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using OrleansTasks.Notifications;

namespace OrleansTasks.Silo.Notifications;

/// <summary>Sends mail through an SMTP server, by MailKit, with a connection for each message.</summary>
/// <param name="settings">The server.</param>
public sealed class SmtpMailSender(SmtpSettings settings) : IMailSender
{
    /// <inheritdoc/>
    public string? Refusal => null;

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Any fault of the server is a failed try.")]
    public async Task<string?> Send(MailMessage mail, CancellationToken cancellation)
    {
        try
        {
            using var message = MessageOf(mail);
            using var client = new SmtpClient { CheckCertificateRevocation = false };
            await client.ConnectAsync(settings.Host, settings.Port, settings.Security switch
            {
                SmtpSecurity.Tls => SecureSocketOptions.SslOnConnect,
                SmtpSecurity.StartTls => SecureSocketOptions.StartTls,
                _ => SecureSocketOptions.None,
            }, cancellation).ConfigureAwait(false);
            if (settings.User is { } user)
            {
                var password = settings.PasswordFile is { } file
                    ? (await File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false)).TrimEnd('\r', '\n') : "";
                await client.AuthenticateAsync(user, password, cancellation).ConfigureAwait(false);
            }

            await client.SendAsync(message, cancellation).ConfigureAwait(false);
            await Quit(client, cancellation).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault)
        {
            return fault.Message.Length > 0 ? fault.Message : fault.GetType().Name;
        }
    }

    // The server has taken the mail. Sending succeeded, even if the server does not answer QUIT in time.
    private static async Task Quit(SmtpClient client, CancellationToken cancellation)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Disposing the client closes the connection.
        }
    }

    private MimeMessage MessageOf(MailMessage mail)
    {
        var message = new MimeMessage { Subject = mail.Subject, Body = new TextPart("plain") { Text = mail.Text } };
        message.From.Add(MailboxAddress.Parse(settings.From));
        foreach (var address in mail.To)
            message.To.Add(MailboxAddress.Parse(address));
        // Out-of-office programs do not answer such mail.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.MessageId = $"{mail.Id}@orleanstasks.{settings.Host}";
        return message;
    }
}
