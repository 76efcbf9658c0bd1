using OrleansTasks.Lifetime;
using OrleansTasks.Settings;

namespace OrleansTasks.Telemetry;

/// <summary>Configures the service's telemetry.</summary>
public static class ServiceTelemetry
{
    /// <summary>
    /// Exports telemetry to the collector that the environment names, if any. <paramref name="role"/> is the default
    /// service name there.
    /// </summary>
    public static void Use(IHostApplicationBuilder builder, string role)
    {
        if (OtlpExport.Fault is { } fault)
            throw new StartRefusedException(fault, StartRefusedException.BadOption);
        if (OtlpExport.IsOn)
            OtlpExport.Add(builder.Services, builder.Configuration, role, ServiceVersion.Text);
    }
}
