using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Handlers;

/// <summary>Adds handlers to a worker.</summary>
public sealed class HandlerWorkerBuilder
{
    internal HandlerWorkerBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services of the program.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Adds a handler for the commands whose first word is its name. Each attempt gets an instance of its own, whose
    /// constructor takes services.
    /// </summary>
    /// <param name="name">The name, which must match <c>[a-z0-9][a-z0-9._-]{0,54}</c>.</param>
    /// <exception cref="ArgumentException">The name is invalid.</exception>
    public HandlerWorkerBuilder AddTaskHandler<T>(string name)
        where T : class, ITaskHandler
    {
        var create = ActivatorUtilities.CreateFactory<T>([]);
        return Add(name, services => create(services, null));
    }

    /// <summary>Adds a function as a handler for the commands whose first word is a name.</summary>
    /// <param name="name">The name, which must match <c>[a-z0-9][a-z0-9._-]{0,54}</c>.</param>
    /// <param name="handler">The function, as <see cref="ITaskHandler.RunAsync"/>.</param>
    /// <exception cref="ArgumentException">The name is invalid.</exception>
    public HandlerWorkerBuilder AddTaskHandler(
        string name, Func<TaskContext, CancellationToken, Task<AttemptResult>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var made = new FunctionHandler(handler);
        return Add(name, _ => made);
    }

    private HandlerWorkerBuilder Add(string name, Func<IServiceProvider, ITaskHandler> create)
    {
        HandlerTable.Check(name);
        Services.AddSingleton(new HandlerRegistration(name, create));
        return this;
    }

    private sealed class FunctionHandler(Func<TaskContext, CancellationToken, Task<AttemptResult>> handler) : ITaskHandler
    {
        public Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation) => handler(context, cancellation);
    }
}
