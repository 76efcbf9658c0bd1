using OrleansTasks.Settings;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Where the service's telemetry goes.</summary>
internal static class ServiceTelemetry
{
    /// <summary>
    /// To the collector that the environment names, if it names one. <paramref name="role"/> is the default of the service's name there.
    /// </summary>
    public static void Use(IHostApplicationBuilder builder, string role)
    {
        if (OtlpExport.Fault is { } fault)
            throw new StartRefusedException(fault, StartRefusedException.BadOption);
        if (OtlpExport.IsOn)
            OtlpExport.Add(builder.Services, builder.Configuration, role, ServiceVersion.Text);
    }
}
