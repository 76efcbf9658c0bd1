using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Notifications;
using OrleansTasks.Silo.Notifications;

namespace OrleansTasks.Client.Tests.Notifications;

/// <summary>The sender of mail against servers that misbehave.</summary>
public sealed class SmtpMailSenderTests
{
    [Fact]
    public async Task Send_ServerNeverAnswersQuit_TheMailWasTaken()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var quit = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var serving = Serve(listener, quit);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.True(SmtpSettings.TryParse(
            string.Create(CultureInfo.InvariantCulture, $"smtp-plain://127.0.0.1:{port}"), out var settings));
        using var cancellation = new CancellationTokenSource();

        var sending = new SmtpMailSender(settings)
            .Send(new MailMessage(["ops@example.org"], "s", "t", "id"), cancellation.Token);
        await Eventually.Within(quit.Task);
        await cancellation.CancelAsync();

        Assert.Null(await Eventually.Within(sending));
        Assert.Equal(1, await Eventually.Within(serving));
    }

    // Answers everything but QUIT. Returns how much mail came once the client has closed the connection.
    private static async Task<int> Serve(TcpListener listener, TaskCompletionSource<bool> quit)
    {
        using var client = await listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream());
        await using var writer = new StreamWriter(client.GetStream()) { AutoFlush = true, NewLine = "\r\n" };
        await writer.WriteLineAsync("220 hello");
        var (count, isBody) = (0, false);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line == "QUIT")
            {
                quit.TrySetResult(true);
                continue;
            }

            if (isBody && line != ".")
                continue;
            count += line == "." ? 1 : 0;
            isBody = line == "DATA";
            await writer.WriteLineAsync(isBody ? "354 go on" : "250 fine");
        }

        return count;
    }
}
