using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Receivers of webhooks that answer bytes which are no text, or no HTTP, on the store that takes least: PostgreSQL.</summary>
[Trait("Needs", "postgres")]
public sealed class OddReceiverTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    // Each byte of these strings is a character up to U+00FF.
    private static readonly (string Name, string Answer, bool Waits)[] Odd =
    [
        ("body", "HTTP/1.1 500 No\r\nContent-Length: 10\r\nConnection: close\r\n\r\ncaf\xe9 \0\xff\n!", true),
        ("greeting of MySQL", "J\0\0\0\n8.0.36\0\x08\0\0\0\x1a\x7f\x0c\x1b\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0", false),
        ("reason", "HTTP/1.1 500 \0\xff\x01\x1b[31m no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true),
        ("header", "HTTP/1.1 500 No\r\nX-\xe9: a\0b\xff\r\nContent-Length: 1\r\nConnection: close\r\n\r\n\0", true),
        ("status line", "HTTP/1.1 \0\0\0 \xff\r\n\r\n", true),
        ("chunk", "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\0\0\xed\xa0\x80\r\n\0\xff\r\n", true),
        ("nothing but NUL", new string('\0', 4_096), false),
    ];

    [Fact]
    public async Task Receivers_ThatAnswerWhatIsNoText_StopNeitherOthersNorTheService()
    {
        PostgresServer.Shared.CreateDatabase("odd");
        var arrived = new ConcurrentDictionary<string, bool>();
        using var stop = new CancellationTokenSource();
        var healthy = Listen("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", waits: true, stop.Token, Note);
        await using var service = await Service.Start(Data, "--db", PostgresServer.Shared.ConnectionString("odd"));
        var odd = new List<string>();
        foreach (var (_, answer, waits) in Odd)
            odd.Add(await Make(service, Listen(answer, waits, stop.Token)));
        var well = await Make(service, healthy);

        string[] tasks = [await service.Submit("true"), await service.Submit("true")];

        await Until.Holds("the healthy receiver has the ends of both tasks", Limit,
            () => Task.FromResult(tasks.All(task => arrived.ContainsKey($"{task} succeeded"))));
        foreach (var (id, name) in odd.Zip(Odd.Select(static one => one.Name)))
        {
            JsonNode? last = null;
            await Until.Holds($"a delivery is listed: {name}", Limit, async () =>
                (last = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/webhooks/{id}/deliveries"))!["items"]!.AsArray().FirstOrDefault()) is not null);
            Assert.DoesNotContain('\0', (string?)last!["answer"] ?? "");
            if (name == "body")
                Assert.Equal((500, "caf\ufffd \ufffd\ufffd\n!"), ((int)last["status"]!, (string)last["answer"]!));
            Assert.Contains("\"open\"", last.ToJsonString(), StringComparison.Ordinal);
        }

        using var tested = await service.Http.PostAsync($"/api/v1/webhooks/{odd[0]}/test", null);
        Assert.Equal(HttpStatusCode.OK, tested.StatusCode);
        using var paused = await service.Http.PostAsync($"/api/v1/webhooks/{odd[0]}/pause", null);
        Assert.Equal(HttpStatusCode.OK, paused.StatusCode);
        foreach (var id in odd)
            Assert.Equal(HttpStatusCode.NoContent, (await service.Http.DeleteAsync($"/api/v1/webhooks/{id}")).StatusCode);
        Assert.Equal("ready\n", await service.Http.GetStringAsync("/readyz"));
        Assert.Contains(well, await service.Http.GetStringAsync("/api/v1/webhooks"), StringComparison.Ordinal);
        Assert.DoesNotContain("write-refused", await service.Http.GetStringAsync("/api/v1/attention"), StringComparison.Ordinal);
        await stop.CancelAsync();

        void Note(string request)
        {
            var body = JsonNode.Parse(request[request.IndexOf('{', StringComparison.Ordinal)..])!;
            arrived[$"{body["id"]} {body["state"]}"] = true;
        }
    }

    private static async Task<string> Make(Service service, string url)
    {
        using var made = await service.Post("/api/v1/webhooks", new JsonObject { ["url"] = url, ["types"] = new JsonArray("task") });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return (string)JsonNode.Parse(await made.Content.ReadAsStringAsync())!["id"]!;
    }

    /// <summary>Answers every connection with these bytes, after its request or at once; returns the address.</summary>
    private static string Listen(string answer, bool waits, CancellationToken stop, Action<string>? note = null)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        _ = Accept();
        return $"http://127.0.0.1:{port}/";

        async Task Accept()
        {
            using (listener)
            {
                while (!stop.IsCancellationRequested)
                    _ = Serve(await listener.AcceptTcpClientAsync(stop));
            }
        }

        async Task Serve(TcpClient client)
        {
            using (client)
            {
                var stream = client.GetStream();
                if (waits)
                {
                    var request = await Request(stream);
                    note?.Invoke(request);
                }

                await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), stop);
                client.Client.Shutdown(SocketShutdown.Send);
                // Read to the end, so that closing sends no reset that would overtake the answer.
                await stream.CopyToAsync(Stream.Null, stop);
            }
        }

        async Task<string> Request(NetworkStream stream)
        {
            var buffer = new byte[16_384];
            for (var count = 0; ;)
            {
                count += await stream.ReadAsync(buffer.AsMemory(count), stop);
                var text = Encoding.UTF8.GetString(buffer, 0, count);
                var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (head < 0)
                    continue;
                var length = text.Split("\r\n").First(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
                if (count >= head + 4 + int.Parse(length[15..], global::System.Globalization.CultureInfo.InvariantCulture))
                    return text;
            }
        }
    }
}
