using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;

namespace OrleansTasks.Cli.Help;

/// <summary><c>otask api</c>: makes any call of the gateway's API, with otask's address and key.</summary>
internal static class ApiCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter errors)
    {
        var method = new Argument<string>("method") { Description = "GET, POST, PUT or DELETE" };
        var path = new Argument<string>("path")
        {
            Description = "the path, such as /api/v1/tasks; /openapi/v1.json lists all paths",
        };
        var body = SpecFields.Text(
            "--data", "JSON", "the body; as with curl, @FILE reads it from a file, @- (or -) from standard input");
        var command = new Command("api", "call the gateway's HTTP API and print the answer") { method, path, body };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var to = result.GetValue(path)!;
            // Accept paths only: a full address would send the key to another host.
            if (!to.StartsWith('/') || to.StartsWith("//", StringComparison.Ordinal))
                throw new UsageException($"Invalid path '{to}': expected a path that begins with one slash.");
            using var content = ContentOf(result.GetValue(body));
            await using var stdout = common.Written.OpenStdout(raw: false);
            var isDone = await gateway.Forward(MethodOf(result.GetValue(method)!), to, content, stdout, cancellation);
            if (!isDone)
                errors.WriteLine("otask: the gateway refused");
            return isDone ? ExitCodes.Done : ExitCodes.Refused;
        });
        return command;
    }

    private static HttpMethod MethodOf(string name) => name.ToUpperInvariant() switch
    {
        "GET" => HttpMethod.Get,
        "POST" => HttpMethod.Post,
        "PUT" => HttpMethod.Put,
        "DELETE" => HttpMethod.Delete,
        _ => throw UsageException.OfValue("METHOD", name, "GET, POST, PUT or DELETE"),
    };

    private static ByteArrayContent? ContentOf(string? body)
    {
        if (body is null)
            return null;
        var bytes = body == "-" ? TextFile.Bytes("--data", "-")
            : body.StartsWith('@') ? TextFile.Bytes("--data", body[1..])
            : Encoding.UTF8.GetBytes(body);
        return new ByteArrayContent(bytes)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
    }
}
