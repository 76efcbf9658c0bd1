using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansTasks.Samples.Handlers;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(1));
builder.Services
    // Options on the command line: --Worker:Name w1 --Worker:Masters:0 10.0.0.5:50051 --Worker:Slots 4
    .AddOrleansTasksWorker(builder.Configuration.GetSection("Worker").Bind)
    .AddTaskHandler<WordCount>("word-count")
    .AddTaskHandler<Countdown>("countdown");
await builder.Build().RunAsync();
