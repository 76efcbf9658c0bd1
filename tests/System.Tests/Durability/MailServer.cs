using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using OrleansTasks.Silo.Endpoint;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.ComponentModel;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>A mail server in this process, which takes mail of one user.</summary>
internal sealed class MailServer : MessageStore, IUserAuthenticator, IAsyncDisposable
{
    private readonly CancellationTokenSource ends = new();
    private readonly Task running;

    public MailServer()
    {
        Port = QuietPort.Find(1)[0];
        var options = new SmtpServerOptionsBuilder().ServerName("localhost")
            .Endpoint(endpoint => endpoint.Port(Port).AllowUnsecureAuthentication().AuthenticationRequired()).Build();
        var services = new ServiceProvider();
        services.Add((IMessageStore)this);
        services.Add((IUserAuthenticator)this);
        running = new SmtpServer.SmtpServer(options, services).StartAsync(ends.Token);
    }

    public int Port { get; }

    public string User { get; } = "tasks@example.org";

    public string Password { get; } = "a pass word";

    /// <summary>Whether mail is taken.</summary>
    public bool Takes { get; set; } = true;

    /// <summary>How much mail was refused.</summary>
    public int Refused { get; private set; }

    /// <summary>The mail, as it came.</summary>
    public ConcurrentQueue<string> Mail { get; } = new();

    public override Task<SmtpResponse> SaveAsync(
        ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer,
        CancellationToken cancellationToken)
    {
        if (!Takes)
        {
            Refused++;
            return Task.FromResult(SmtpResponse.MailboxUnavailable);
        }

        Mail.Enqueue(Encoding.UTF8.GetString(buffer.ToArray()));
        return Task.FromResult(SmtpResponse.Ok);
    }

    public Task<bool> AuthenticateAsync(
        ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
        Task.FromResult(user == User && password == Password);

    public async ValueTask DisposeAsync()
    {
        await ends.CancelAsync();
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // That is its end.
        }

        ends.Dispose();
    }
}
