using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansTasks.Client.Http;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Why the store refused a request is in the log, and a flood of refusals does not fill it.</summary>
public sealed class StoreFaultLogTests
{
    private readonly VirtualTime time = new();
    private readonly Lines lines = new();

    [Fact]
    public async Task StoreFails_ManyRequests_OneLineASecondSaysWhy()
    {
        var middleware = new ProblemMiddleware(
            static _ => throw new StoreUnavailableException("PostgreSQL refused: no room (SQLSTATE 53100)"), lines, time);
        for (var second = 0; second < 2; second++)
        {
            for (var request = 0; request < 50; request++)
            {
                var context = new DefaultHttpContext();
                await middleware.InvokeAsync(context);
                Assert.Equal(503, context.Response.StatusCode);
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(2, lines.Written.Count);
        Assert.All(lines.Written, static line => Assert.Contains("no room (SQLSTATE 53100)", line, StringComparison.Ordinal));
    }

    private sealed class Lines : ILogger<ProblemMiddleware>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
