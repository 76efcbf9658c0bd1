using OrleansTasks.Storage.Probe;

return args switch
{
    ["lives", var folder, var batch, var seconds] => await Lives.Measure(folder, int.Parse(batch), double.Parse(seconds)),
    ["recover", var folder, var tasks] => await Recovery.Measure(folder, int.Parse(tasks)),
    ["lists", var folder, var tasks] => await Lists.Measure(folder, int.Parse(tasks)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Storage.Probe lives FOLDER BATCH SECONDS | recover FOLDER TASKS | lists FOLDER TASKS");
    return 2;
}
