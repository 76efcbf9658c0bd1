using System.Collections.Concurrent;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The targets of all webhooks, which answer as a test says.</summary>
internal sealed class TestSender : IWebhookSender
{
    private readonly Lock gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> waiting = [];

    /// <summary>What has come, in its order.</summary>
    public ConcurrentQueue<WebhookRequest> All { get; } = new();

    /// <summary>Answers a request; 200 unless a test says otherwise.</summary>
    public Func<WebhookRequest, Task<WebhookAnswer>> Answer { get; set; } = static _ => Task.FromResult(new WebhookAnswer(200, null));

    public string? RefusalOf(Uri url) => null;

    public Task<WebhookAnswer> Send(WebhookRequest request, CancellationToken cancellation)
    {
        var answer = Answer(request).WaitAsync(cancellation);
        lock (gate)
        {
            All.Enqueue(request);
            foreach (var (_, reached) in waiting.Where(waiter => waiter.Count <= All.Count))
                reached.TrySetResult();
        }

        return answer;
    }

    /// <summary>Completes when so many requests have come since the start.</summary>
    public Task Of(int count)
    {
        lock (gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (All.Count >= count)
                reached.SetResult();
            waiting.Add((count, reached));
            return reached.Task.Soon();
        }
    }
}
