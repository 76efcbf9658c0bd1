using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>How many queues there may be: who makes one more is refused, whatever makes it, and a queue of which nothing is left goes.</summary>
public sealed class QueueBoundTests : DataFolders
{
    // Each would make a queue.
    private static readonly (HttpMethod Method, string Path, string Body)[] Makers =
    [
        (HttpMethod.Post, "tasks", """{"cmd":"true","queue":"NEW"}"""),
        (HttpMethod.Post, "tasks/batch", """{"tasks":[{"cmd":"true","queue":"NEW"}]}"""),
        (HttpMethod.Post, "jobs", """{"queue":"NEW","source":{"items":[1]},"process":{"builtin":"square"}}"""),
        (HttpMethod.Post, "workflows", """{"queue":"NEW","nodes":[{"name":"n","task":{"cmd":"true"}}]}"""),
        (HttpMethod.Put, "schedules/late", """{"every":"1h","task":{"cmd":"true","queue":"NEW"}}"""),
        (HttpMethod.Put, "queues/NEW", """{"maxRunning":1}"""),
    ];

    [Fact]
    public async Task NewQueue_WhenThereAreAsManyAsThereMayBe_IsRefusedUntilOneGoes()
    {
        await using var service = await Service.Start(Data, "--max-queues", "3", "--retention", "1s");
        Assert.Equal(HttpStatusCode.OK, (await Send(service, HttpMethod.Put, "queues/kept", "{}")).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await Send(service, HttpMethod.Post, "tasks", """{"cmd":"true","queue":"kept"}""")).Status);
        var waits = await Send(service, HttpMethod.Post, "tasks", """{"cmd":"true","queue":"waits","runAt":"2040-01-01T00:00:00Z"}""");

        foreach (var (method, path, body) in Makers)
        {
            var refused = await Send(
                service, method, path.Replace("NEW", "another", StringComparison.Ordinal), body.Replace("NEW", "another", StringComparison.Ordinal));
            Assert.Equal((path, HttpStatusCode.TooManyRequests, "too-many-queues"), (path, refused.Status, (string?)refused.Body["code"]));
        }

        // Queues that are there take what comes, and one that is configured stays when its tasks are gone.
        Assert.Equal(HttpStatusCode.Accepted, (await Send(service, HttpMethod.Post, "tasks", """{"cmd":"true","queue":"kept"}""")).Status);
        await Send(service, HttpMethod.Post, $"tasks/{waits.Body["id"]}/cancel", "{}");
        await Until.Holds("another queue is accepted", TimeSpan.FromSeconds(30), async () =>
            (await Send(service, HttpMethod.Post, "tasks", """{"cmd":"true","queue":"another"}""")).Status == HttpStatusCode.Accepted);
        var names = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/queues"))!["items"]!.AsArray().Select(static queue => (string?)queue!["name"]);
        Assert.Equal(["another", "default", "kept"], names.Order(StringComparer.Ordinal));
        Assert.Equal(
            HttpStatusCode.TooManyRequests, (await Send(service, HttpMethod.Post, "tasks", """{"cmd":"true","queue":"waits"}""")).Status);
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> Send(Service service, HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{path}")
        {
            Content = new StringContent(body, global::System.Text.Encoding.UTF8, "application/json"),
        };
        using var answer = await service.Http.SendAsync(request);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}
