using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Calls a gateway and reads its answers whole.</summary>
internal sealed class ServiceClient(Uri address) : IDisposable
{
    public HttpClient Http { get; } = new() { BaseAddress = address };

    public void Dispose() => Http.Dispose();

    public async Task<Reply> Send(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(request);
        return await Reply.Read(response);
    }

    public Task<Reply> Get(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, path, null, headers);

    public Task<Reply> Post(string path, string? body = null, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, path, body, headers);

    /// <summary>Sends bytes as they are and reads until the other side closes or has said something.</summary>
    public async Task<string> SendRaw(string text, string? untilText = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        if (untilText is null)
            return await reader.ReadToEndAsync();
        var answer = new StringBuilder();
        var buffer = new char[1024];
        while (!answer.ToString().Contains(untilText, StringComparison.Ordinal) && await reader.ReadAsync(buffer) is > 0 and var count)
            answer.Append(buffer, 0, count);
        return answer.ToString();
    }
}
