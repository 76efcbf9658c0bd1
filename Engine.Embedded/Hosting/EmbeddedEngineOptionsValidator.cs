using Microsoft.Extensions.Options;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Refuses settings that cannot work.</summary>
internal sealed class EmbeddedEngineOptionsValidator : IValidateOptions<EmbeddedEngineOptions>
{
    // What a clock's timer can wait at most.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(0xfffffffe);

    public ValidateOptionsResult Validate(string? name, EmbeddedEngineOptions options)
    {
        var errors = new List<string>();
        if (options.GrainAssemblies.Count == 0) errors.Add("GrainAssemblies is empty: there would be no grains.");
        if (string.IsNullOrWhiteSpace(options.SiloName)) errors.Add("SiloName is empty.");
        if (options.StreamQueueCapacity < 1) errors.Add("StreamQueueCapacity must be at least 1.");
        if (options.Processors < 1) errors.Add("Processors must be at least 1.");
        if (options.StreamProviders.Any(string.IsNullOrEmpty)) errors.Add("StreamProviders has an empty name.");
        if (options.ResponseTimeout != Timeout.InfiniteTimeSpan)
            Check(nameof(options.ResponseTimeout), options.ResponseTimeout);
        Check(nameof(options.CollectionAge), options.CollectionAge);
        Check(nameof(options.CollectionQuantum), options.CollectionQuantum);
        Check(nameof(options.ActivationTimeout), options.ActivationTimeout);
        Check(nameof(options.DeactivationTimeout), options.DeactivationTimeout);
        Check(nameof(options.MaxRequestProcessingTime), options.MaxRequestProcessingTime);
        Check(nameof(options.MaxStreamDeliveryTime), options.MaxStreamDeliveryTime);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);

        void Check(string setting, TimeSpan value)
        {
            if (value <= TimeSpan.Zero || value > Longest)
                errors.Add($"{setting} is {value}; it must be positive and at most {Longest}.");
        }
    }
}
