using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTasks.Handlers;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>A program with a worker that runs handlers, in this process.</summary>
internal sealed class HandlerProgram : IAsyncDisposable
{
    private readonly IHost host;
    private readonly Recorder log;

    private HandlerProgram(IHost host, Recorder log) => (this.host, this.log) = (host, log);

    /// <summary>What it has logged.</summary>
    public string Text => string.Join('\n', log.Lines);

    /// <summary>Starts one and returns when the service has accepted it.</summary>
    public static async Task<HandlerProgram> Start(
        string master, string name, string data, Action<HandlerWorkerBuilder> add, Action<HandlerWorkerOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var log = new Recorder();
        builder.Logging.AddProvider(log);
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = TimeSpan.FromMinutes(1));
        add(builder.Services.AddOrleansTasksWorker(options =>
        {
            options.Masters.Add(master);
            (options.Name, options.DataFolder, options.Slots) = (name, data, 2);
            configure?.Invoke(options);
        }));
        var program = new HandlerProgram(builder.Build(), log);
        await program.host.StartAsync();
        try
        {
            await log.Started.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        }
        catch (TimeoutException)
        {
            await program.DisposeAsync();
            Assert.Fail($"The worker was not accepted:\n{program.Text}");
        }

        return program;
    }

    /// <summary>Starts one for a service.</summary>
    public static Task<HandlerProgram> Start(
        Service service, string name, string data, Action<HandlerWorkerBuilder> add, Action<HandlerWorkerOptions>? configure = null) =>
        Start(service.Grpc, name, data, add, configure);

    /// <summary>Ends it as a program ends that gets SIGTERM.</summary>
    public Task Stop() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(new CancellationToken(canceled: true));
        host.Dispose();
    }

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = $"{logLevel}: {formatter(state, exception)} {exception}";
            Lines.Enqueue(line);
            if (line.Contains("takes tasks for these handlers", StringComparison.Ordinal))
                Started.TrySetResult();
        }

        public void Dispose()
        {
        }
    }
}
