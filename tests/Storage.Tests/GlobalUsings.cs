global using OrleansTasks.Tasks;
