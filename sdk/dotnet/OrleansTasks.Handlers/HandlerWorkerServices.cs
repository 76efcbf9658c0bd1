using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansTasks.Handlers;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a worker to a program's services.</summary>
public static class HandlerWorkerServices
{
    /// <summary>
    /// Adds a worker that runs handlers in this process while the host runs. Add handlers to what it returns. Further
    /// calls configure the same worker.
    /// </summary>
    public static HandlerWorkerBuilder AddOrleansTasksWorker(
        this IServiceCollection services, Action<HandlerWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<HandlerWorkerOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HandlerWorkerOptions>, Validation>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, HandlerWorker>());
        if (configure is not null)
            services.Configure(configure);
        return new HandlerWorkerBuilder(services);
    }

    private sealed class Validation : IValidateOptions<HandlerWorkerOptions>
    {
        public ValidateOptionsResult Validate(string? name, HandlerWorkerOptions options) =>
            options.Faults().ToList() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
